-- Loaded by darktable's luarc with a folder: writes what darktable holds into FOLDER/state, again and again.
-- Lines: "selected" and a number; "image", its name and the name of its group's leader; "shown" and the name of a
-- picture in lighttable; fields apart by tabs.

local dt = require("darktable")
local folder = ...

dt.control.dispatch(function()
  while not dt.control.ending do
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
