--[[ The lines that `hdrnet --json` writes and the installer's file, as Lua values. ]]

local json = {}

local ESCAPES = { ['"'] = '"', ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local WORDS = { ["true"] = true, ["false"] = false }

local function skip_space(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function character(digits)
  local unit = tonumber(digits, 16)
  -- Python writes a byte of a name that is no UTF-8 as half a pair: it becomes that byte again
  return unit >= 0xDC80 and unit <= 0xDCFF and string.char(unit - 0xDC00) or utf8.char(unit)
end

local function unescaped(text)
  text = text:gsub("\\\\", "\\u005c"):gsub("\\([^u])", function(letter)
    return ESCAPES[letter] or error("an unknown escape", 0)
  end)
  text = text:gsub("\\u([dD][89abAB]%x%x)\\u([dD][c-fC-F]%x%x)", function(high, low)
    return utf8.char(0x10000 + (tonumber(high, 16) - 0xD800) * 0x400 + tonumber(low, 16) - 0xDC00)
  end)
  return (text:gsub("\\u(%x?%x?%x?%x?)", function(digits)
    return #digits == 4 and character(digits) or error("a broken \\u", 0)
  end))
end

local function read_string(text, at)
  local last = at
  repeat
    last = text:find('["\\]', last + 1) or error("a text without its end", 0)
    local escapes = text:sub(last, last) == "\\"
    if escapes then last = last + 1 end
  until not escapes
  return unescaped(text:sub(at + 1, last - 1)), last + 1
end

local read_value

-- Read what stands between brackets, each item after its name if it is `named`.
local function read_items(text, at, close, named)
  local found, count = {}, 0 -- not #found: null leaves a hole
  at = skip_space(text, at + 1)
  if text:sub(at, at) == close then return found, at + 1 end
  while true do
    count = count + 1
    local key = count
    if named then
      if text:sub(at, at) ~= '"' then error("a name without quotes", 0) end
      key, at = read_string(text, at)
      at = text:match("^[ \t\r\n]*:()", at) or error("no colon", 0)
    end
    found[key], at = read_value(text, skip_space(text, at))
    at = skip_space(text, at)
    local sign = text:sub(at, at)
    if sign == close then return found, at + 1 end
    if sign ~= "," then error("no comma", 0) end
    at = skip_space(text, at + 1)
  end
end

function read_value(text, at)
  local sign = text:sub(at, at)
  if sign == '"' then return read_string(text, at) end
  if sign == "[" then return read_items(text, at, "]", false) end
  if sign == "{" then return read_items(text, at, "}", true) end
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
