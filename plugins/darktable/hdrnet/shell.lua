--[[ Programs are started, watched and stopped here, in a private folder that vanishes afterwards.

Lua can only start a program through a shell, so every word is quoted for it and nothing of a name is interpreted.
The program runs detached, and its output, its number and its exit code are files: whoever waits can sleep in between,
which keeps darktable alive (main.lua hands in `sleep`).
]]

local shell = {}

local POLL = 100 -- milliseconds
local START_SECONDS, STOP_SECONDS = 10, 15

--- Quote a word for a POSIX shell.
function shell.quote_posix(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- Quote a word for a line of a Windows batch file; names there hold no quotes, other words must not either.
function shell.quote_batch(word)
  if word:find('["\r\n%z]') then error("a word with a quote cannot be handed over: " .. word, 0) end
  -- backslashes before the closing quote would escape it
  return '"' .. word:gsub("%%", "%%%%"):gsub("\\+$", "%0%0") .. '"'
end

local function quoted(words, quote)
  local parts = {}
  for index, word in ipairs(words) do parts[index] = quote(word) end
  return table.concat(parts, " ")
end

--- The line that starts `words` detached on a POSIX system, with its files in `folder`. The program stays in
--- darktable's own folder: names of exports may be relative to it.
function shell.posix_line(words, folder)
  return ([[F=%s; [ -d "$F" ] && { { %s >"$F/out" 2>"$F/err" </dev/null & echo $! >"$F/pid"; wait $!;
    echo $? >"$F/code.part"; mv "$F/code.part" "$F/code"; } >/dev/null 2>&1 & }]]):format(
    shell.quote_posix(folder), quoted(words, shell.quote_posix))
end

-- While this file is in a private folder, the folder goes with darktable.
local WATCHED = "watched"

--- The line that makes a private folder on a POSIX system, and starts its watcher: if darktable is closed or killed,
--- the program that runs there is stopped and the folder removed. The watcher ends when the folder is gone or kept.
function shell.folder_line(folder)
  return ([[F=%s; mkdir -m 700 "$F" && : >"$F/%s" && {
    { trap '' HUP
      while sleep 1 && [ -e "$F/%s" ]; do
        kill -0 $PPID 2>/dev/null && continue
        program=$(cat "$F/pid" 2>/dev/null)
        for try in 1 2 3 4 5 6 7 8 9 10; do kill -TERM $program || break; sleep 0.5; done
        rm -rf "$F"
      done; } >/dev/null 2>&1 </dev/null & }]]):format(shell.quote_posix(folder), WATCHED, WATCHED)
end

--- The batch file that runs `words` on Windows, with its files beside it: in %~dp0.
function shell.batch_text(words)
  return table.concat({
    "@echo off",
    "chcp 65001 >nul",
    'echo started >"%~dp0pid"',
    "call " .. quoted(words, shell.quote_batch) .. ' >"%~dp0out" 2>"%~dp0err" <nul',
    'echo %errorlevel% >"%~dp0code.part"',
    'move /y "%~dp0code.part" "%~dp0code" >nul',
    "",
  }, "\r\n")
end

-- A path on a command line of Windows, where % cannot be escaped; only the temporary folder is ever named there.
local function windows_path(path)
  return '"' .. path:gsub("/", "\\") .. '"'
end

local function read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

--- Programs run through a shell. `host`: windows (boolean), temporary (a folder), sleep(milliseconds), gettext(text).
function shell.new(host)
  local gettext = host.gettext
  local mine, count = {}, 0

  local self = {}

  --- A new private folder.
  function self.make_folder()
    for _ = 1, 20 do
      count = count + 1
      local name = ("hdrnet-%x-%x-%x"):format(os.time(), math.random(0, 0xFFFFFF), count)
      local path = host.temporary .. "/" .. name
      local command = host.windows and "mkdir " .. windows_path(path) or shell.folder_line(path)
      if os.execute(command) then
        mine[path] = true
        return path
      end
    end
    return nil, gettext("no folder can be made in '%s': is the disk full or read-only?"):format(host.temporary)
  end

  --- Remove a folder made here, with all that is in it.
  function self.remove_folder(path)
    if not mine[path] then error("not a folder made here: " .. tostring(path), 0) end
    mine[path] = nil
    if host.windows then
      os.execute("rmdir /s /q " .. windows_path(path))
    else
      os.execute("rm -rf " .. shell.quote_posix(path))
    end
  end

  --- Leave a folder made here to the user, with all that is in it.
  function self.keep_folder(path)
    if not mine[path] then error("not a folder made here: " .. tostring(path), 0) end
    mine[path] = nil
    os.remove(path .. "/" .. WATCHED)
  end

  local function start(words, folder, title)
    for _, name in ipairs({ "out", "err", "pid", "code" }) do os.remove(folder .. "/" .. name) end
    if not host.windows then return os.execute(shell.posix_line(words, folder)) end
    local file = io.open(folder .. "/run.bat", "wb")
    if not file then return false end
    file:write(shell.batch_text(words))
    file:close()
    return os.execute(('start "%s" /min cmd /c "%s"'):format(title, windows_path(folder .. "/run.bat")))
  end

  local function stop(folder, title)
    if host.windows then
      os.execute(('taskkill /t /f /fi "WINDOWTITLE eq %s*" >nul 2>&1'):format(title))
      return
    end
    local number = (read_file(folder .. "/pid") or ""):match("^(%d+)")
    -- on SIGTERM the client ends, its socket closes, and the server drops the job
    if number then os.execute("kill -TERM " .. number .. " 2>/dev/null") end
  end

  --- Run a program and wait. `on_line` gets each line of its output as it comes; once `should_stop` gives true the
  --- program is stopped. Returns the exit code (nil if it was stopped or could not start), and what it said on errors.
  function self.run(words, folder, on_line, should_stop)
    local title = folder:match("[^/\\]+$")
    if not start(words, folder, title) then return nil, gettext("no program can be started") end
    local position, rest, waited, stopping = 0, "", 0, nil

    local function read_lines()
      local file = io.open(folder .. "/out", "rb")
      if not file then return end
      file:seek("set", position)
      local text = file:read("a")
      file:close()
      position = position + #text
      rest = rest .. text
      for line in rest:gmatch("([^\n]*)\n") do on_line((line:gsub("\r$", ""))) end
      rest = rest:match("[^\n]*$")
    end

    while true do
      host.sleep(POLL)
      waited = waited + POLL / 1000
      local code = read_file(folder .. "/code")
      read_lines()
      if code then
        if rest ~= "" then on_line(rest) end
        if stopping then return nil, "" end
        code = math.tointeger(tonumber(code))
        if not code then return nil, gettext("nothing can be written in '%s': free some space"):format(folder) end
        return code, read_file(folder .. "/err") or ""
      end
      if not stopping and should_stop() then
        stopping = waited
        stop(folder, title)
      end
      if stopping and waited - stopping > STOP_SECONDS then return nil, gettext("the program does not stop") end
      if waited > START_SECONDS and (read_file(folder .. "/pid") or "") == "" then
        return nil, gettext("the program does not start")
      end
    end
  end

  return self
end

return shell
