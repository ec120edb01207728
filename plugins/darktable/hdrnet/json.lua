--[[ The lines that `hdrnet --json` writes and the installer's file, as Lua values. ]]

local json = {}

local ESCAPES = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}
local WORDS = { ["true"] = true, ["false"] = false }

local read_value

local function skip_space(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function read_unit(text, at)
  local digits = text:match("^\\u(%x%x%x%x)", at)
  return digits and tonumber(digits, 16)
end

-- Python writes a byte of a name that is no UTF-8 as half a pair: it becomes that byte again.
local function read_character(text, at)
  local unit = read_unit(text, at)
  if not unit then error("a broken \\u", 0) end
  local low = unit >= 0xD800 and unit < 0xDC00 and read_unit(text, at + 6)
  if low and low >= 0xDC00 and low < 0xE000 then
    return utf8.char(0x10000 + (unit - 0xD800) * 0x400 + low - 0xDC00), at + 12
  elseif unit >= 0xDC80 and unit <= 0xDCFF then
    return string.char(unit - 0xDC00), at + 6
  end
  return utf8.char(unit), at + 6
end

local function read_string(text, at)
  local parts = {}
  at = at + 1
  while true do
    local plain = text:match('^[^"\\]+', at)
    if plain then
      parts[#parts + 1] = plain
      at = at + #plain
    end
    local sign = text:sub(at, at)
    if sign == '"' then return table.concat(parts), at + 1 end
    if sign == "" then error("a text without its end", 0) end
    local letter = text:sub(at + 1, at + 1)
    if letter == "u" then
      parts[#parts + 1], at = read_character(text, at)
    elseif ESCAPES[letter] then
      parts[#parts + 1] = ESCAPES[letter]
      at = at + 2
    else
      error("an unknown escape", 0)
    end
  end
end

-- Read what stands between brackets; `read_item` reads one item into `found`.
local function read_items(text, at, close, read_item)
  local found = {}
  at = skip_space(text, at + 1)
  if text:sub(at, at) == close then return found, at + 1 end
  while true do
    at = skip_space(text, read_item(found, at))
    local sign = text:sub(at, at)
    if sign == close then return found, at + 1 end
    if sign ~= "," then error("no comma", 0) end
    at = skip_space(text, at + 1)
  end
end

function read_value(text, at)
  local sign = text:sub(at, at)
  if sign == '"' then return read_string(text, at) end
  if sign == "[" then
    local count = 0 -- not #found: null leaves a hole
    return read_items(text, at, "]", function(found, from)
      count = count + 1
      found[count], from = read_value(text, from)
      return from
    end)
  end
  if sign == "{" then
    return read_items(text, at, "}", function(found, from)
      if text:sub(from, from) ~= '"' then error("a name without quotes", 0) end
      local name, after = read_string(text, from)
      after = skip_space(text, after)
      if text:sub(after, after) ~= ":" then error("no colon", 0) end
      found[name], after = read_value(text, skip_space(text, after + 1))
      return after
    end)
  end
  local word = text:match("^%a+", at)
  if word == "null" then return nil, at + 4 end
  if word and WORDS[word] ~= nil then return WORDS[word], at + #word end
  local digits = text:match("^-?%d[%d.eE+-]*", at)
  if not (digits and tonumber(digits)) then error("no value", 0) end
  return tonumber(digits), at + #digits
end

--- The value of a JSON text; nil and the reason if it is none. null becomes nil.
function json.decode(text)
  local ok, value, at = pcall(read_value, text, skip_space(text, 1))
  if not ok then return nil, value end
  if skip_space(text, at) <= #text then return nil, "something after the value" end
  return value
end

return json
