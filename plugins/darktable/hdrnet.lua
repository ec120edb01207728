--[[ libhdrnet for darktable: merge hand-held brackets without ghosts, see defocus, deblur on export.

  darktable-cli IN OUT --core --luacmd 'dofile("…/hdrnet.lua")'

What it does is in hdrnet/main.lua. This file is the same in every version, so that an upgrade is the exchange of one
folder. Licence: GPL-3.0-or-later.
]]

return dofile((debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "") .. "hdrnet/main.lua")
