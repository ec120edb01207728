--[[ How a new picture is developed when darktable opens it: with a scene-referred tone mapper, and with what was done
to the shape of its frames. A sidecar file written before the import tells darktable, in each of its versions. ]]

local development = {}

-- sigmoid with its defaults, as darktable 4.2 wrote it; newer ones read it, too
local TONE_MAPPER = { operation = "sigmoid", version = "1",
  params = "0000c03f000000000000c8426c09793c000000000000c842" }
-- the crop is measured on what the others leave
local SHAPE = { lens = true, ashift = true, clipping = true, crop = true }
local STYLE = "hdrnet frame"

local function li(step, number)
  return ([[     <rdf:li darktable:num="%d" darktable:operation="%s" darktable:enabled="1" darktable:modversion="%s"
       darktable:params="%s" darktable:multi_name="" darktable:multi_priority="0"/>]]):format(
    number, step.operation, step.version, step.params)
end

--- The text of a sidecar file with the steps {operation, version, params}; darktable adds what it adds to new pictures.
function development.sidecar(steps)
  local lines = {}
  for index, step in ipairs(steps) do lines[index] = li(step, index - 1) end
  return ([[<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5"
    darktable:raw_params="0" darktable:auto_presets_applied="0" darktable:history_end="%d"
    darktable:iop_order_version="2">
   <darktable:history>
    <rdf:Seq>
%s
    </rdf:Seq>
   </darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
]]):format(#lines, table.concat(lines, "\n"))
end

local function tag(text, name)
  return text:match("<" .. name .. ">(.-)</" .. name .. ">") or ""
end

--- The steps of an exported style that correct the lens, turn and crop; of each the last.
function development.shape_of(style)
  local last, steps = {}, {}
  for plugin in style:gmatch("<plugin>(.-)</plugin>") do
    local operation, number = tag(plugin, "operation"), tonumber(tag(plugin, "num")) or 0
    if SHAPE[operation] and (not last[operation] or last[operation].number <= number) then
      last[operation] = { operation = operation, version = tag(plugin, "module"), params = tag(plugin, "op_params"),
        number = number, enabled = tag(plugin, "enabled") == "1" }
    end
  end
  for _, step in pairs(last) do
    if step.enabled then steps[#steps + 1] = step end
  end
  table.sort(steps, function(a, b) return a.number < b.number end)
  return steps
end

local function find_style(dt, name)
  for _, style in ipairs(dt.styles) do
    if style.name == name then return style end
  end
end

local function delete_style(dt, name)
  local style = find_style(dt, name)
  if style then dt.styles.delete(style) end
end

-- Lua sees a picture's edits only as a style, and a style's only as a file.
local function steps_of(dt, image, folder)
  delete_style(dt, STYLE)
  dt.styles.create(image, STYLE, "")
  local style = find_style(dt, STYLE)
  if not style then return {} end
  dt.styles.export(style, folder, true)
  delete_style(dt, STYLE)
  local file = io.open(("%s/%s.dtstyle"):format(folder, STYLE), "rb")
  if not file then return {} end
  local text = file:read("a")
  file:close()
  return development.shape_of(text)
end

--- Lens correction and crop of the first of `images` that has any, and that picture; else an empty list.
function development.shape(dt, images, folder)
  for _, image in ipairs(images) do
    local steps = image.is_altered ~= false and steps_of(dt, image, folder) or {}
    if #steps > 0 then return steps, image end
  end
  return {}
end

--- Import a picture with the steps, and the tone mapper if it is `linear`. Gives the picture, or nil.
function development.import(dt, path, steps, linear)
  local all = table.move(steps, 1, #steps, 1, {})
  if linear then all[#all + 1] = TONE_MAPPER end
  -- without the file darktable's own development is seen
  local file = #all > 0 and io.open(path .. ".xmp", "wb") or nil
  if not file then return dt.database.import(path) end
  file:write(development.sidecar(all))
  file:close()
  local made = dt.database.import(path)
  os.remove(path .. ".xmp") -- darktable writes its own at the next tag, if the user wants sidecar files at all
  return made
end

--- Names of the user's styles; those that darktable brings along for cameras, by the hundred, are none.
function development.styles(dt)
  local found = {}
  for _, style in ipairs(dt.styles) do
    if not style.name:find("^_l10n_") and style.name ~= STYLE then found[#found + 1] = style.name end
  end
  return found
end

--- Apply the style of that name; false if there is none any more.
function development.apply(dt, name, image)
  local style = find_style(dt, name)
  if style then dt.styles.apply(style, image) end
  return style ~= nil
end

return development
