-- Runs a scenario inside darktable without a window: lua5.4 darktable_driver.lua LIBRARY-FOLDER SCENARIO.lua PLUGIN
-- NAME=VALUE…; PLUGIN is hdrnet.lua, or "" for darktable alone; the values are the plug-in's settings.
-- A scenario is a function (dt, plugin, tell); tell(name, …) writes a line, its values apart by tabs.

package.cpath = arg[1] .. "/?.so;" .. package.cpath
io.stdout:setvbuf("line")

local configuration = os.getenv("HOME") .. "/config"
local words = { "--configdir", configuration, "--cachedir", configuration, "--library", ":memory:", "--disable-opencl",
  "--conf", "write_sidecar_files=on import", "--luacmd", "darktable_has_started = true" }
for index = 4, #arg do
  table.move({ "--conf", "lua/hdrnet/" .. arg[index] }, 1, 2, #words + 1, words)
end
local dt = require("darktable")(table.unpack(words))
-- darktable comes back without the lock on Lua and runs its luarc and --luacmd in a thread that uses this one's stack.
-- sleep() gives the lock away, whosever it is, and comes back with it: so until that thread has ended.
repeat dt.control.sleep(100) until _G.darktable_has_started
dt.control.sleep(20)

local function tell(...)
  local texts = {}
  for index, value in ipairs({ ... }) do texts[index] = tostring(value):gsub("[\t\n]", " ") end
  print("TOLD\t" .. table.concat(texts, "\t"))
end

print("STARTED")
local plugin = arg[3] ~= "" and dofile(arg[3]) or nil

local ok, failure = pcall(dofile(arg[2]), dt, plugin, tell)
tell("ended", ok, failure or "")
os.exit(true, false) -- closing darktable's library from Lua is not what is tested
