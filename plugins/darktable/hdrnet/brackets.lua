--[[ Which of the selected pictures belong together, told by their exposures.

A frame is a table: path, seconds (moment of capture or nil), time (of exposure, seconds, or nil), exposure
(time * ISO / N^2 or nil), bias (stops or nil) and camera (any text).

Frames of one camera are put into the order of capture and cut at pauses. What is left is one
bracket if no exposure comes back in it, or else a pattern that repeats, or else it ends where an exposure comes back.
No gap of so many seconds decides: some bracket by hand.
]]

local brackets = {}

local SAME = 0.25 -- stops: exposures closer than this are one; cameras step by a third
local EVEN = 0.35 -- stops by which steps may differ: nominal times such as 1/60 and 1/15 are rounded
local PAUSE = 20 -- a gap this many times the shortest one is a pause between two subjects

local function natural(path)
  return (path:lower():gsub("%d+", function(digits) return ("0"):rep(20 - #digits) .. digits end))
end

local function slice(list, first, last)
  return table.move(list, first, last, 1, {})
end

-- What all frames say of a field; nil if one does not.
local function said(frames, field)
  local values = {}
  for index, frame in ipairs(frames) do
    if frame[field] == nil then return nil end
    values[index] = frame[field]
  end
  return values
end

--- What tells the frames apart: the biases if the camera stepped by them, else the exposures; nil if neither is known.
local function steps_of(frames)
  local biases, stops = said(frames, "bias"), said(frames, "exposure")
  for _, bias in ipairs(biases or {}) do
    if math.abs(bias - biases[1]) >= SAME then return biases end
  end
  for index, exposure in ipairs(stops or {}) do stops[index] = math.log(exposure, 2) end
  return stops
end

-- The least and the greatest step between values in order of size.
local function spacing(values)
  local sorted = slice(values, 1, #values)
  table.sort(sorted)
  local least, most = math.huge, 0
  for index = 2, #sorted do
    local step = sorted[index] - sorted[index - 1]
    least, most = math.min(least, step), math.max(most, step)
  end
  return least, most
end

local function are_different(values)
  return spacing(values) >= SAME
end

--- The shortest length of a pattern of steps that repeats, if perhaps in another light.
local function period_of(values)
  for length = 2, #values // 2 do
    local repeats = #values % length == 0 and are_different(slice(values, 1, length))
    for index = length + 1, repeats and #values or 0 do
      local first = index - (index - 1) % length
      local place = index - first + 1
      repeats = repeats and math.abs(values[index] - values[first] - values[place] + values[1]) < EVEN
    end
    if repeats then return length end
  end
end

-- Lists of what follows each other; a new one begins where `begins(index, first)` says so, `first` that of the present.
local function parted(frames, begins)
  local parts, first = {}, 1
  for index = 2, #frames do
    if begins(index, first) then
      parts[#parts + 1] = slice(frames, first, index - 1)
      first = index
    end
  end
  parts[#parts + 1] = slice(frames, first, #frames)
  return parts
end

local function cut_at_pauses(frames)
  local gaps, shortest = {}, math.huge
  for index = 2, #frames do
    -- a long exposure takes its own time, and whole seconds hide up to one
    local exposing = frames[index - 1].time or 0
    gaps[index] = math.max(1, frames[index].seconds - frames[index - 1].seconds - exposing)
    shortest = math.min(shortest, gaps[index])
  end
  return parted(frames, function(index) return #frames > 2 and gaps[index] > PAUSE * shortest end)
end

local function cut(frames)
  local values = steps_of(frames)
  if not values then return { frames } end -- nothing is known: the selection says it
  local length, least, most = period_of(values), spacing(values)
  if least >= SAME and (not length or most - least <= EVEN + 0.1 * most) then return { frames } end
  return parted(frames, function(index, first)
    if length then return index - first == length end
    for other = first, index - 1 do
      if math.abs(values[other] - values[index]) < SAME then return true end
    end
  end)
end

--- Lists of frames in the order of capture; a frame that belongs to none is a list of one.
function brackets.group(frames)
  local rows, order, seen = {}, {}, {}
  for _, frame in ipairs(frames) do
    if not rows[frame.camera] then
      rows[frame.camera] = {}
      order[#order + 1] = frame.camera
    end
    if not seen[frame.path] then -- duplicates in darktable are one exposure
      seen[frame.path] = true
      table.insert(rows[frame.camera], frame)
    end
  end
  local found = {}
  for _, camera in ipairs(order) do
    local row = rows[camera]
    local timed = said(row, "seconds") ~= nil
    table.sort(row, function(a, b)
      if timed and a.seconds ~= b.seconds then return a.seconds < b.seconds end
      return natural(a.path) < natural(b.path)
    end)
    for _, part in ipairs(timed and cut_at_pauses(row) or { row }) do
      for _, bracket in ipairs(cut(part)) do found[#found + 1] = bracket end
    end
  end
  return found
end

local function joined(values, form)
  local texts = {}
  for index, value in ipairs(values) do texts[index] = form:format(value) end
  return table.concat(texts, ",")
end

--- Options that tell `hdrnet merge` the exposures of a bracket; none where its files have to say.
function brackets.exposure_options(frames)
  local exposures, biases = said(frames, "exposure"), said(frames, "bias")
  if exposures then return { "--times", joined(exposures, "%.9g") } end
  if biases and are_different(steps_of(frames) or { 0, 0 }) then return { "--ev=" .. joined(biases, "%.6g") } end
  return {}
end

return brackets
