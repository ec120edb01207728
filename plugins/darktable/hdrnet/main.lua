--[[ libhdrnet for darktable: merge hand-held brackets without ghosts, see defocus, deblur on export.

  lighttable   module "hdrnet": merge to HDR, review, defocus map; the first and the last also as shortcuts
  export       storage "HDR merge"; every export is deblurred if the preferences say so, or if the picture carries
               the tag hdrnet|deblur; this also works in darktable-cli:
               darktable-cli IN OUT --core --luacmd 'dofile("…/hdrnet.lua")'

Needs the command `hdrnet` of libhdrnet and Lua API 9.0 (darktable 4.2) or newer; see README.md of the plug-in.
Originals are only read. Licence: GPL-3.0-or-later.
]]

local dt = require("darktable")

local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local MODULE = "hdrnet"
local DEBLUR_TAG = "hdrnet|deblur"

-- By path: `require` would prefer a file of the same name in the working folder.
local function part(name)
  return dofile(here .. name .. ".lua")
end

dt.gettext.bindtextdomain(MODULE, here .. "locale")

local function _(text)
  return dt.gettext.dgettext(MODULE, text)
end

local windows = dt.configuration.running_os == "windows"
local context = {
  dt = dt,
  gettext = _,
  windows = windows,
  here = here,
  json = part("json"),
  names = part("names"),
  brackets = part("brackets"),
  pictures = part("pictures"),
  development = part("development"),
  program = part("program"),
  settings = part("settings").new(dt, _, part("json").decode(assert(io.open(here .. "options.json", "rb")):read("a"))),
  shell = part("shell").new({
    windows = windows,
    gettext = _,
    temporary = dt.configuration.tmp_dir,
    sleep = function(milliseconds) dt.control.sleep(milliseconds) end,
  }),
}
local tasks = part("tasks").new(context)

local function say(text)
  if dt.configuration.has_gui then
    dt.print("hdrnet: " .. text)
  else
    io.stderr:write("hdrnet: " .. text .. "\n")
  end
  dt.print_log("hdrnet: " .. text)
end

local function is_tagged(image)
  for _, tag in ipairs(dt.tags.get_tags(image)) do
    if tag.name == DEBLUR_TAG then return true end
  end
  return false
end

local panel = dt.configuration.has_gui and part("panel").new(context, tasks, say) or nil

local function deblur_export(_event, image, filename, _format, storage)
  if storage and storage.plugin_name == MODULE then return end -- frames of a merge
  if not (context.settings.deblur_exports() or is_tagged(image)) then return end
  local name = filename:match("[^/\\]+$")
  local work = function(report, should_stop)
    local done, reason = tasks.deblur_file(filename, report, should_stop)
    if not done then say(_("%s was exported without deblurring: %s"):format(name, reason)) end
  end
  if panel then
    panel.run(_("deblurring %s"):format(name), work)
  else
    work(function() end, function() return false end)
  end
end

dt.register_event(MODULE, "intermediate-export-image", deblur_export)

local script_data = {
  metadata = {
    name = "hdrnet",
    purpose = _("merge brackets to HDR, defocus maps, deblurring on export"),
    author = "libhdrnet",
  },
  destroy_method = "hide",
}

function script_data.destroy()
  dt.destroy_event(MODULE, "intermediate-export-image")
  if panel then panel.destroy() end
end

function script_data.restart()
  dt.register_event(MODULE, "intermediate-export-image", deblur_export)
  if panel then panel.show() end
end

script_data.show = script_data.restart

-- For programs that drive darktable through Lua.
script_data.merge = tasks.merge
script_data.review = tasks.review
script_data.defocus = tasks.defocus

return script_data
