-- Loaded by darktable's luarc with a folder: writes what darktable holds into FOLDER/state, again and again.
-- Lines: "selected" and a number; "image", its name and the name of its group's leader; "shown" and the name of a
-- picture in lighttable; fields apart by tabs.

local dt = require("darktable")
local folder = ...

local PATIENCE = 25 -- rounds of 200 ms
local empty = 0

-- darktable 4.2 shows nothing at times although its library holds pictures, until its collection is read again.
local function read_again()
  local collect = dt.gui.libs.collect
  collect.filter(collect.filter())
end

dt.control.dispatch(function()
  while not dt.control.ending do
    empty = (#dt.collection == 0 and #dt.database > 0) and empty + 1 or 0
    if empty > 0 and empty % PATIENCE == 0 then pcall(read_again) end
    local lines = { "selected\t" .. #dt.gui.selection() }
    for _, image in ipairs(dt.database) do
      lines[#lines + 1] = ("image\t%s\t%s"):format(image.filename, image.group_leader.filename)
    end
    for _, image in ipairs(dt.collection) do lines[#lines + 1] = "shown\t" .. image.filename end
    local file = io.open(folder .. "/state.part", "w")
    file:write(table.concat(lines, "\n"))
    file:close()
    os.rename(folder .. "/state.part", folder .. "/state")
    dt.control.sleep(200)
  end
end)
