-- The parts of the darktable plug-in that need no darktable. Run: lua darktable_logic.lua PLUGIN-FOLDER SCRATCH-FOLDER
-- Prints a line for each test, "ok NAME" or "FAILED NAME: why".

local parts, scratch = arg[1], arg[2]
local function part(name) return dofile(("%s/hdrnet/%s.lua"):format(parts, name)) end
local json, names, brackets = part("json"), part("names"), part("brackets")
local shell, program, tasks = part("shell"), part("program"), part("tasks")
local pictures, settings = part("pictures"), part("settings")
local development = part("development")
local offered = json.decode(assert(io.open(parts .. "/hdrnet/options.json", "rb")):read("a"))

local function shown(value)
  if type(value) ~= "table" then return type(value) == "string" and ("%q"):format(value) or tostring(value) end
  local keys, texts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do texts[#texts + 1] = tostring(key) .. "=" .. shown(value[key]) end
  return "{" .. table.concat(texts, ", ") .. "}"
end

local function equal(found, wanted)
  if shown(found) ~= shown(wanted) then error(("found %s, not %s"):format(shown(found), shown(wanted)), 2) end
end

local function test(name, body)
  local ok, why = pcall(body)
  print(ok and "ok " .. name or ("FAILED %s: %s"):format(name, why))
end

local function same(text) return text end

-- JSON

test("every kind of JSON value is read", function()
  equal(json.decode(' {"a": [1, -2.5e3, "x", true, false, null, {}], "b": {"c": []}} '),
    { a = { 1, -2500.0, "x", true, false, nil, {} }, b = { c = {} } })
end)
test("escapes in JSON become characters, half pairs the bytes they stand for", function()
  equal(json.decode([["\"\\\/\b\f\n\r\t\u00e4\u20ac\ud83d\ude00\udcff"]]), '"\\/\b\f\n\r\tä€😀\xff')
end)
test("what is no JSON gives nil and a reason", function()
  for _, text in ipairs({ "", "{", "[1 2]", '{"a" 1}', '{a: 1}', '"abc', "tru", "1 2", '"\\x"', '"\\u12"', "-" }) do
    local value, reason = json.decode(text)
    equal({ text, value, type(reason) }, { text, nil, "string" })
  end
end)

-- names

local function touch(path) assert(io.open(path, "wb")):close() end

test("a path is split into folder, stem and suffix", function()
  equal({ names.split("/a b/c.d/x.y.tif") }, { "/a b/c.d", "x.y", ".tif" })
  equal({ names.split("/a.b/x") }, { "/a.b", "x", "" })
  equal({ names.split("/a/.hidden") }, { "/a", ".hidden", "" })
  equal({ names.split("/a/back\\slash.tif") }, { "/a", "back\\slash", ".tif" })
end)
test("a new name avoids pictures and forgotten sidecar files", function()
  equal(names.unique(scratch, "free", "hdr", ".exr"), scratch .. "/free_hdr.exr")
  touch(scratch .. "/x_hdr.exr")
  touch(scratch .. "/x_hdr_01.exr.xmp")
  equal(names.unique(scratch, "x", "hdr", ".exr"), scratch .. "/x_hdr_02.exr")
end)
test("a file takes the place of another, and without a new one the old one stays", function()
  local old, new = scratch .. "/old.tif", scratch .. "/new.tif"
  for path, text in pairs({ [old] = "old", [new] = "new" }) do
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
  end
  equal(names.replace(old, new), true)
  equal({ io.open(old):read("a"), names.exists(new) }, { "new", false })
  equal(names.replace(old, scratch .. "/nothing"), nil)
  equal(io.open(old):read("a"), "new")
end)

-- brackets

local function frames(list)
  local made = {}
  for index, values in ipairs(list) do
    made[index] = {
      path = values.path or ("/p/%d.raw"):format(index), camera = values.camera or "one", seconds = values.at,
      bias = values.bias, exposure = values.stops and 2.0 ^ values.stops, time = values.time,
    }
  end
  return made
end

local function grouped(list)
  local texts = {}
  for index, bracket in ipairs(brackets.group(frames(list))) do
    local numbers = {}
    for place, frame in ipairs(bracket) do numbers[place] = frame.path:match("([^/]*)%.raw$") end
    texts[index] = table.concat(numbers, " ")
  end
  return table.concat(texts, " | ")
end

local function stops(...)
  local list = {}
  for index, value in ipairs({ ... }) do list[index] = { stops = value } end
  return list
end

test("one bracket is one, in whatever order its exposures come", function()
  equal(grouped(stops(-2, 0, 2)), "1 2 3")
  equal(grouped(stops(0, -2, 2)), "1 2 3")
  equal(grouped(stops(-3, -1, 1, 3)), "1 2 3 4")
  equal(grouped(stops(0, 3)), "1 2")
  equal(grouped(stops(-6, -5, -3, 2, 3)), "1 2 3 4 5")
end)
test("brackets whose exposures come back are told apart", function()
  equal(grouped(stops(-2, 0, 2, -2, 0, 2)), "1 2 3 | 4 5 6")
  equal(grouped(stops(0, -2, 2, 0, -2, 2, 0, -2, 2)), "1 2 3 | 4 5 6 | 7 8 9")
end)
test("a pattern that repeats in another light is found", function()
  equal(grouped(stops(-2, 0, 2, -1.4, 0.6, 2.6)), "1 2 3 | 4 5 6")
end)
test("biases decide where the metering changes", function()
  local list = {}
  for index, bias in ipairs({ 0, -2, 2, 0, -2, 2 }) do
    list[index] = { bias = bias, stops = bias + (index > 3 and 1.9 or 0) }
  end
  equal(grouped(list), "1 2 3 | 4 5 6")
end)
test("equal biases tell nothing, and then the exposures decide", function()
  equal(grouped({ { bias = 0, stops = 1 }, { bias = 0, stops = 3 }, { bias = 0, stops = 5 } }), "1 2 3")
end)
test("a bias that only some frames have is not used", function()
  equal(grouped({ { bias = -2, stops = 1 }, { stops = 3 }, { bias = 2, stops = 5 } }), "1 2 3")
  equal(grouped({ { stops = 1 }, { bias = 2, stops = 3 }, { bias = 4, stops = 5 } }), "1 2 3")
end)
test("brackets of different length are cut where an exposure comes back", function()
  equal(grouped(stops(-2, 0, 2, -2, 0, 2, 4)), "1 2 3 | 4 5 6 7")
end)
test("a pause parts two subjects, a slow hand or a long exposure does not", function()
  local function at(list, ...)
    for index, seconds in ipairs({ ... }) do list[index].at = seconds end
    return list
  end
  equal(grouped(at(stops(-2, 0, 2, 4), 0, 1, 300, 301)), "1 2 | 3 4")
  equal(grouped(at(stops(-2, 0, 2), 0, 12, 31)), "1 2 3")
  local slow = at(stops(0, 3, 6), 0, 5, 45)
  slow[2].time = 40
  equal(grouped(slow), "1 2 3")
end)
test("the time of capture gives the order, without it the numbers in the names", function()
  equal(grouped({ { stops = 2, at = 3, path = "/p/a.raw" }, { stops = -2, at = 1, path = "/p/b.raw" },
    { stops = 0, at = 2, path = "/p/c.raw" } }), "b c a")
  equal(grouped({ { stops = 2, path = "/p/f10.raw" }, { stops = 0, path = "/p/f9.raw" } }), "f9 f10")
end)
test("cameras are never mixed and a picture selected twice counts once", function()
  local list = { { stops = 0 }, { stops = 2, camera = "two" }, { stops = 4 }, { stops = 0, path = "/p/1.raw" } }
  equal(grouped(list), "1 3 | 2")
end)
test("equal exposures are no bracket", function()
  equal(grouped(stops(1, 1, 1)), "1 | 2 | 3")
end)
test("pictures that tell nothing are one bracket, as selected", function()
  equal(grouped({ {}, {}, {} }), "1 2 3")
end)
test("exposures are handed on as times, else as biases, else not at all", function()
  equal(brackets.exposure_options(frames(stops(-2, 0, 2))), { "--times", "0.25,1,4" })
  equal(brackets.exposure_options(frames({ { bias = -2 }, { bias = 0 } })), { "--ev=-2,0" })
  equal(brackets.exposure_options(frames({ { bias = 0 }, { bias = 0 } })), {})
  equal(brackets.exposure_options(frames({ { stops = 1 }, {} })), {})
end)

-- what darktable says about pictures

test("a picture's exposure counts time, ISO and aperture, and darktable's mark for none is none", function()
  local function image(more)
    local made = { path = "/p", filename = "a.dng", exif_exposure = 0.5, exif_iso = 200, exif_aperture = 2,
      exif_exposure_bias = -3.4028234663853e+38, exif_datetime_taken = "2024:02:29 23:59:30.500" }
    for key, value in pairs(more or {}) do made[key] = value end
    return made
  end
  local frame = pictures.frames({ image() })[1]
  equal({ frame.exposure, frame.bias, frame.path }, { 25.0, nil, "/p/a.dng" })
  equal(pictures.frames({ image({ exif_exposure_bias = -2 }) })[1].bias, -2)
  local two = pictures.frames({ image(), image({ exif_datetime_taken = "2024:03:01 00:00:01" }) })
  equal(two[2].seconds - two[1].seconds, 30.5)
  equal(pictures.frames({ image({ exif_datetime_taken = "" }) })[1].seconds, nil)
  equal(pictures.frames({ image(), image({ exif_aperture = 0 / 0 }) })[1].exposure, 100.0)
  equal(pictures.frames({ image({ exif_exposure = 0 }) })[1].exposure, nil)
end)

-- the shell

local NASTY = { "", "plain", "two words", "it's", '"quoted"', "$HOME `id` $(id)", "a;b&c|d>e", "*?[x]~", "\\", "ü\nx",
  "-o", "!1", "%PATH%" }

local host = shell.new({
  windows = false, gettext = same, temporary = scratch, sleep = function() os.execute("sleep 0.02") end,
})

local function run(words, should_stop)
  local folder = assert(host.make_folder())
  local lines = {}
  local code, said = host.run(words, folder, function(line) lines[#lines + 1] = line end,
    should_stop or function() return false end)
  host.remove_folder(folder)
  equal(names.exists(folder), false)
  return code, lines, said
end

test("no word is interpreted by a POSIX shell", function()
  local words = { "sh", "-c", 'for word; do printf "<%s>" "$word"; done', "name" }
  table.move(NASTY, 1, #NASTY, 5, words)
  local code, lines = run(words)
  equal({ code, table.concat(lines, "\n") }, { 0, "<" .. table.concat(NASTY, "><") .. ">" })
end)
test("a folder's name is not interpreted either", function()
  local inner = scratch .. "/it's $HOME \"ü\" `id`;"
  assert(os.execute("mkdir " .. shell.quote_posix(inner)))
  local odd = shell.new({
    windows = false, gettext = same, temporary = inner, sleep = function() os.execute("sleep 0.02") end,
  })
  local folder = assert(odd.make_folder())
  local lines = {}
  local command = { "ls", folder }
  equal(odd.run(command, folder, function(line) lines[#lines + 1] = line end, function() return false end), 0)
  equal({ lines[1], lines[2] }, { "err", "out" }) -- beside what the shell and its watcher write meanwhile
  odd.remove_folder(folder)
  equal(os.remove(inner), true)
end)
test("exit codes, errors and output come back", function()
  local code, lines, said = run({ "sh", "-c", "echo one; echo two >&2; printf three; exit 7" })
  equal({ code, lines, said }, { 7, { "one", "three" }, "two\n" })
end)
test("a missing program is 127", function()
  equal(run({ "/nowhere/hdrnet" }), 127)
end)
test("a program is stopped when that is wanted", function()
  local asked = 0
  local code = run({ "sh", "-c", "exec sleep 30" }, function()
    asked = asked + 1
    return asked > 3
  end)
  equal(code, nil)
end)
test("only folders made here are removed", function()
  equal(pcall(host.remove_folder, scratch), false)
  equal(names.exists(scratch .. "/old.tif"), true)
end)
test("words are quoted for a Windows batch file", function()
  equal(shell.quote_batch("C:\\a b\\100% ü & (x)^!.tif"), '"C:\\a b\\100%% ü & (x)^!.tif"')
  equal(shell.quote_batch("C:\\folder\\"), '"C:\\folder\\\\"')
  equal(pcall(shell.quote_batch, 'a"b'), false)
  equal(pcall(shell.quote_batch, "a\nb"), false)
end)

-- the command

local function context(command)
  return { settings = { command = function() return command end }, windows = false, json = json, gettext = same,
    shell = host }
end

local function ask(script)
  local path = scratch .. "/hdrnet command"
  local file = assert(io.open(path, "wb"))
  file:write("#!/bin/sh\n" .. script)
  file:close()
  assert(os.execute("chmod 700 " .. shell.quote_posix(path)))
  local folder = assert(host.make_folder())
  local told = {}
  local done, failure, warnings = program.run(context(path), { "merge" }, folder, function(fraction, stage)
    told[#told + 1] = { fraction, stage }
  end, function() return false end)
  host.remove_folder(folder)
  return done, failure, warnings, told
end

test("events of hdrnet become progress, warnings and the result", function()
  local done, failure, warnings, told = ask([[
    echo '{"event": "progress", "fraction": 0.5, "stage": "merging"}'
    echo 'no event'
    echo '{"event": "warning", "message": "dark"}'
    echo '{"event": "note", "message": "moved"}'
    echo '{"event": "done", "message": "wrote", "outputs": ["x"]}']])
  equal({ done.outputs, failure, warnings, told }, { { "x" }, nil, { "dark" }, { { 0.5, "merging" } } })
end)
test("an error is told in hdrnet's words", function()
  local done, failure = ask([[echo '{"event": "error", "message": "no space", "code": 2}'; exit 2]])
  equal({ done, failure }, { nil, "no space" })
end)
test("what hdrnet says is said in the person's language where its template is known", function()
  local german = { ["'{path}' is {what}."] = "„{path}“ ist {what}.", empty = "leer", waiting = "Warten" }
  local function gettext(text) return german[text] or text end
  local what = { template = "empty", values = {} }
  local event = { template = "'{path}' is {what}.", values = { path = "%1{what}", what = what } }
  equal(program.said(event, gettext, "'%1{what}' is empty."), "„%1{what}“ ist leer.")
  equal({ program.said({}, gettext, "waiting"), program.said({}, gettext, "{x}") }, { "Warten", "{x}" })
end)
test("a crash is told by its last line, silence by its code", function()
  equal(select(2, ask("echo first >&2; echo last >&2; exit 1")), "last")
  equal(select(2, ask("exit 9")), ("'%s' ended with code 9"):format(scratch .. "/hdrnet command"))
end)
test("success without a result is a failure", function()
  equal(ask("exit 0"), nil)
end)
test("hdrnet is found: as set, as installed, by the PATH", function()
  equal(program.words("/x/hdrnet", false, json), { "/x/hdrnet" })
  local path = os.getenv("HDRNET_ENVIRONMENT")
  os.remove(path)
  equal(program.words("", false, json), { "hdrnet" })
  local file = assert(io.open(path, "wb"))
  file:write('{"python": "/env/bin/python", "version": "1"}')
  file:close()
  equal(program.words("", false, json), { "/env/bin/python", "-m", "libhdrnet.cli" })
end)

test("a time left is said in round words, and not at all near the end", function()
  equal(program.time_left(nil, same), nil)
  equal(program.time_left(4, same), nil)
  equal(program.time_left(13, same), "about 15 s left")
  equal(program.time_left(200, same), "about 3 min left")
end)

-- development

local STYLE = "<plugin><num>%d</num><module>5</module><operation>%s</operation><op_params>%s</op_params>"
  .. "<enabled>%d</enabled></plugin>"

test("of a frame's edits those of its shape are taken along, each as it was last", function()
  local text = table.concat({ STYLE:format(4, "crop", "aa", 1), STYLE:format(0, "exposure", "bb", 1),
    STYLE:format(2, "crop", "cc", 1), STYLE:format(1, "lens", "dd", 1), STYLE:format(5, "ashift", "ee", 0) })
  local found = {}
  for index, step in ipairs(development.shape_of(text)) do found[index] = step.operation .. step.params end
  equal(found, { "lensdd", "cropaa" })
end)
test("a sidecar file counts its steps", function()
  local text = development.sidecar({ { operation = "crop", version = "1", params = "aa" },
    { operation = "sigmoid", version = "1", params = "bb" } })
  equal({ text:match('history_end="(%d)"'), select(2, text:gsub("<rdf:li", "")) }, { "2", 2 })
end)

-- settings and tasks with a darktable that only remembers

-- Windows and macOS are only named here: what they really do with these words was never seen.
local function settings_on(os_name)
  return settings.new({
    configuration = { running_os = os_name }, preferences = { read = function() return "" end },
  }, same, offered)
end

test("darktable-cli is looked for where each system's darktable has it", function()
  equal(settings_on("linux").cli(), "darktable-cli")
  equal(settings_on("macos").cli(), "/Applications/darktable.app/Contents/MacOS/darktable-cli")
  equal(settings_on("windows").cli(), "C:\\Program Files\\darktable\\bin\\darktable-cli.exe")
end)
test("Windows gets a batch file in which every word is quoted, and no exit code before the end", function()
  local text = shell.batch_text({ "C:\\Program Files\\hdrnet.exe", "C:\\Köln 100%\\it's.tif" })
  local lines = {}
  for line in text:gmatch("([^\r]*)\r\n") do lines[#lines + 1] = line end
  equal(lines[4], 'call "C:\\Program Files\\hdrnet.exe" "C:\\Köln 100%%\\it\'s.tif" >"%~dp0out" 2>"%~dp0err" <nul')
  equal({ lines[5], lines[6] },
    { 'echo %errorlevel% >"%~dp0code.part"', 'move /y "%~dp0code.part" "%~dp0code" >nul' })
end)
test("macOS starts programs as Linux does", function()
  local line = shell.posix_line({ settings_on("macos").cli(), "/Users/o'hara/a b.dng" }, "/var/folders/it's")
  equal(line:find([[F='/var/folders/it'\''s'; ]], 1, true), 1)
  equal(line:find([['/Users/o'\''hara/a b.dng' >"$F/out"]], 1, true) ~= nil, true)
end)

test("settings that were never chosen are the defaults, wrong ones too", function()
  local kept = {}
  local made = settings.new({
    configuration = { running_os = "linux" },
    preferences = { read = function(_, name, kind)
      return kind == "bool" and kept[name] == "TRUE" or kept[name] or ""
    end },
  }, same, offered)
  equal({ made.folder(), made.keep(), made.merges_originals(), made.format().suffix }, { "", false, false, ".exr" })
  equal(made.format().options, { "--exr-bits", "32" })
  equal({ made.keeps_shape(), made.style() }, { false, "" })
  local usual = {}
  for _, group in pairs(offered) do
    for _, option in ipairs(group) do usual[option.name] = made.chosen(option) end
  end
  equal(usual, {
    deghost = 0.5, reference = "automatic", align = true, model = "auto", tone = "natural", strength = 1.0,
  })
  kept = { model = "unheard of", strength = "7", keep = "TRUE", frames = "original files", format = "TIFF, 32 bit" }
  equal({ made.words("merge"), made.words("deblur") }, { {}, {} })
  equal({ made.keep(), made.merges_originals(), made.format().suffix }, { true, true, ".tif" })
end)
test("hdrnet is told what was chosen, but for what means nothing", function()
  local kept = { model = "auto", deghost = "0.7", reference = "2", align = "no", tone = "fusion", strength = "0.25" }
  local made = settings.new({
    configuration = { running_os = "linux" }, preferences = { read = function(_, name) return kept[name] or "" end },
  }, same, offered)
  equal(made.words("merge"), { "--deghost", "0.7", "--reference", "2", "--no-align" })
  equal({ made.words("tone"), made.words("deblur") }, { { "--tone", "fusion" }, { "--strength", "0.25" } })
  kept.model = "classical"
  equal(made.words("merge"), { "--reference", "2", "--model", "classical", "--no-align" })
  equal(made.words("merge", { model = "auto" }), { "--deghost", "0.7", "--reference", "2", "--no-align" })
end)
test("a format that cannot be deblurred is left alone", function()
  local made = tasks.new({ gettext = same, names = names, settings = {} })
  equal({ made.deblur_file("/p/a.webp") }, { nil, ".webp files cannot be deblurred" })
end)
