--[[ The command `hdrnet`: where it is, and what it says while it works. ]]

local program = {}

local NOT_FOUND = { [127] = true, [126] = true, [9009] = true }

local function environment_path(windows)
  local given = os.getenv("HDRNET_ENVIRONMENT")
  if given then return given end
  local base = os.getenv(windows and "APPDATA" or "XDG_CONFIG_HOME") or (os.getenv("HOME") or "") .. "/.config"
  return base .. "/libhdrnet/environment.json"
end

--- The words that start `hdrnet`: the given command, else what libhdrnet's installer wrote, else a name for the PATH.
function program.words(given, windows, json)
  if given ~= "" then return { given } end
  local file = io.open(environment_path(windows), "rb")
  local facts = file and json.decode(file:read("a"))
  if file then file:close() end
  if type(facts) == "table" and type(facts.python) == "string" then
    return { facts.python, "-m", "libhdrnet.cli" }
  end
  return { "hdrnet" }
end

--- What an exit without a word of its own means.
function program.reason(code, said, name, gettext)
  if NOT_FOUND[code] then
    return gettext("'%s' was not found: install it, or set its path in preferences > Lua options"):format(name)
  end
  local last = ""
  for line in said:gmatch("[^\r\n]+") do last = line end
  return last ~= "" and last or gettext("'%s' ended with code %s"):format(name, tostring(code))
end

--- A time left in words; nil if it is unknown or hardly worth a word.
function program.time_left(seconds, gettext)
  if not seconds or seconds < 5 then return nil end
  if seconds < 57.5 then return gettext("about %d s left"):format(5 * math.floor(seconds / 5 + 0.5)) end
  return gettext("about %d min left"):format(math.max(1, math.floor(seconds / 60 + 0.5)))
end

--- What an event says, in the person's language as far as its template is known there.
function program.said(event, gettext, text)
  if type(event.template) ~= "string" then return gettext(text) end
  return (gettext(event.template):gsub("{([%w_]+)}", function(name)
    local value = event.values[name]
    return type(value) == "table" and program.said(value, gettext) or value
  end))
end

--- Run `hdrnet` with `--json`. Returns the facts of its last word, {event = "done", …}, or nil and a sentence;
--- then its warnings. `report(fraction, stage)` tells how far it is.
function program.run(context, words, folder, report, should_stop)
  local all = program.words(context.settings.command(), context.windows, context.json)
  local name = all[1]
  for _, word in ipairs(words) do all[#all + 1] = word end
  local done, failure, warnings = nil, nil, {}
  local code, said = context.shell.run(all, folder, function(line)
    local event = context.json.decode(line)
    if type(event) ~= "table" then return end
    if event.event == "progress" then
      local stage = program.said(event, context.gettext, tostring(event.stage))
      local left = program.time_left(tonumber(event.left), context.gettext)
      report(tonumber(event.fraction) or 0, left and ("%s, %s"):format(stage, left) or stage)
    elseif event.event == "done" then
      done = event
    elseif event.event == "error" then
      failure = program.said(event, context.gettext, tostring(event.message))
    elseif event.event == "warning" then
      warnings[#warnings + 1] = program.said(event, context.gettext, tostring(event.message))
    end
  end, should_stop)
  if should_stop() then return nil, context.gettext("cancelled"), warnings end
  if code == 0 and done then return done, nil, warnings end
  return nil, failure or program.reason(code, said, name, context.gettext), warnings
end

return program
