--[[ Pictures of darktable: what they say about their exposure, and new ones beside them. ]]

local pictures = {}

local TEXTS = { "title", "description", "creator", "publisher", "rights", "notes" }
local CAMERA = {
  "exif_maker", "exif_model", "exif_lens", "exif_datetime_taken", "exif_focal_length", "exif_aperture", "exif_iso",
  "latitude", "longitude", "elevation",
}
local COLOURS = { "red", "yellow", "green", "blue", "purple" }

-- Fields differ between versions of darktable, and unknown ones raise.
local function get(image, field)
  local ok, value = pcall(function() return image[field] end)
  return ok and value or nil
end

function pictures.path(image)
  return image.path .. "/" .. image.filename
end

--- Tell whether any of the pictures has been developed by hand.
function pictures.are_edited(images)
  for _, image in ipairs(images) do
    if get(image, "is_altered") then return true end
  end
  return false
end

local function positive(value)
  return type(value) == "number" and value > 0 and value < math.huge and value or nil
end

local function seconds_of(text)
  local year, month, day, hour, minute, rest =
    (text or ""):match("^(%d+):(%d+):(%d+) (%d+):(%d+):(%d+%.?%d*)")
  year = tonumber(year)
  if not year or year == 0 then return nil end
  local noon = os.time({ year = year, month = tonumber(month), day = tonumber(day), hour = 12, isdst = false })
  return noon + (tonumber(hour) - 12) * 3600 + tonumber(minute) * 60 + tonumber(rest)
end

--- The pictures as frames of brackets.lua, each with its `image`.
function pictures.frames(images)
  local found, has_iso, has_aperture = {}, true, true
  for _, image in ipairs(images) do
    has_iso = has_iso and positive(get(image, "exif_iso")) ~= nil
    has_aperture = has_aperture and positive(get(image, "exif_aperture")) ~= nil
  end
  for index, image in ipairs(images) do
    local time, bias = positive(get(image, "exif_exposure")), get(image, "exif_exposure_bias")
    -- what one picture does not say cannot be compared
    local iso = has_iso and image.exif_iso or 1
    local aperture = has_aperture and image.exif_aperture or 1
    found[index] = {
      image = image,
      path = pictures.path(image),
      seconds = seconds_of(get(image, "exif_datetime_taken")),
      time = time,
      exposure = time and time * iso / aperture ^ 2,
      -- darktable's mark for "none" is the least float
      bias = type(bias) == "number" and math.abs(bias) < 100 and bias or nil,
      camera = ("%s|%s|%s"):format(get(image, "exif_maker") or "", get(image, "exif_model") or "",
        image.filename:match("%.[^.]*$") or ""):lower(),
    }
  end
  return found
end

-- Put pictures into the group of the first; what was grouped with them, as the JPEG of a RAW file, stays with them.
local function join(sources)
  local first = sources[1]
  for index = 2, #sources do
    if sources[index].group_leader.id ~= first.group_leader.id then
      for _, member in ipairs(sources[index]:get_group_members()) do member:group_with(first) end
    end
  end
end

--- Put a new picture with those it was made of: group, tags, rating, colours, metadata. If `leads`, it is the one that
--- lighttable shows of a collapsed group.
function pictures.adopt(dt, made, sources, tag, leads)
  local first = sources[1]
  join(sources)
  made:group_with(first)
  if leads then made:make_group_leader() end
  local rating = 0
  for _, source in ipairs(sources) do
    for _, source_tag in ipairs(dt.tags.get_tags(source)) do
      if not source_tag.name:find("^darktable|") and source_tag.name ~= "hdrnet|deblur" then
        dt.tags.attach(source_tag, made)
      end
    end
    rating = math.max(rating, source.rating)
    for _, colour in ipairs(COLOURS) do
      if source[colour] then made[colour] = true end
    end
  end
  made.rating = rating
  local function pass_on(source, fields)
    for _, field in ipairs(fields) do
      local value = get(source, field)
      if value and value ~= "" then pcall(function() made[field] = value end) end
    end
  end
  for index = #sources, 1, -1 do pass_on(sources[index], TEXTS) end
  pass_on(first, CAMERA)
  dt.tags.attach(dt.tags.create(tag), made)
end

return pictures
