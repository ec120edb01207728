--[[ Merge, defocus map and deblurring of darktable's pictures through the command `hdrnet`. ]]

local tasks = {}

local EXPORT_SHARE = 0.3 -- of the progress of a merge

-- Formats that hdrnet writes as it reads them.
local DEBLURRED = { [".jpg"] = true, [".jpeg"] = true, [".png"] = true, [".tif"] = true, [".tiff"] = true,
  [".exr"] = true }

local function append(list, more)
  return table.move(more, 1, #more, #list + 1, list)
end

--- `context`: dt, gettext, windows, here (folder of this file) and the modules settings, shell (an object of
--- shell.new), json, names, brackets, pictures, development and program. Every task takes `report(fraction, stage)` and
--- `should_stop()`.
function tasks.new(context)
  local _ = context.gettext
  local dt, settings, names = context.dt, context.settings, context.names
  local self = {}

  -- Call work(folder) with a private folder, which is gone afterwards unless the user keeps it.
  local function in_folder(work)
    local folder, failure = context.shell.make_folder()
    if not folder then return nil, failure end
    local ok, result, reason, warnings = pcall(work, folder)
    local keep = settings.keep()
    if keep then context.shell.keep_folder(folder) else context.shell.remove_folder(folder) end
    if not ok then return nil, tostring(result) end
    return result, reason, warnings, keep and folder or nil
  end

  local function results_folder(image)
    local folder = settings.folder():gsub("[/\\]+$", "")
    return folder ~= "" and folder or image.path
  end

  -- A name for an export of a frame; darktable-cli would read $(…) in it as a variable.
  local function export_path(folder, frame, index)
    local stem = select(2, names.split(frame.path))
    return ("%s/%d-%s.tif"):format(folder, index, (stem:gsub("[^%w._ -]", "_")))
  end

  -- Linear 32-bit TIFF by a darktable of its own, with a library in memory: nothing of the original is touched.
  -- neutral.xmp takes the place of the picture's edits: white balance as shot and clipped highlights, no more.
  local function export(frame, output, folder, should_stop)
    local configuration = folder .. "/darktable"
    local words = {
      settings.cli(), frame.path, context.here .. "neutral.xmp", output,
      "--apply-custom-presets", "false", "--icc-type", "LIN_REC709", "--core",
      "--configdir", configuration, "--cachedir", configuration, "--library", ":memory:", "--disable-opencl",
      "--conf", "write_sidecar_files=never",
      "--conf", "plugins/darkroom/workflow=none",
      "--conf", "plugins/imageio/format/tiff/bpp=32",
      "--conf", "plugins/imageio/format/tiff/pixelformat=1",
      "--conf", "plugins/imageio/format/tiff/compress=0",
    }
    local code, said = context.shell.run(words, folder, function() end, should_stop)
    if should_stop() then return nil, _("cancelled") end
    if code == 0 and names.exists(output) then return output end
    return nil, _("%s could not be exported: %s"):format(frame.image.filename,
      context.program.reason(code, said, settings.cli(), _))
  end

  local function merge_inputs(bracket, folder, report, should_stop)
    local inputs = {}
    for index, frame in ipairs(bracket) do
      if settings.merges_originals() then
        inputs[index] = frame.path
      else
        report(EXPORT_SHARE * (index - 1) / #bracket, _("exporting %s"):format(frame.image.filename))
        local path, failure = export(frame, export_path(folder, frame, index), folder, should_stop)
        if not path then return nil, failure end
        inputs[index] = path
      end
    end
    return inputs
  end

  -- The words of `hdrnet merge` or `review`.
  local function merge_words(command, bracket, inputs, output)
    local format, reviews = settings.format(), command == "review"
    local words = append(append({ command }, inputs), { "-o", output })
    append(words, settings.words("merge", reviews and { model = "auto" })) -- it knows no other
    append(words, format.toned and settings.words("tone") or {})
    append(words, context.brackets.exposure_options(bracket))
    append(words, format.options)
    return append(words, reviews and { "--json" } or { "--resident", "--json" })
  end

  -- Import a merged picture, developed as the module says. Gives it and what there is to say about that, or nil.
  local function adopt_merged(output, bracket, folder)
    local sources, notes = {}, {}
    for index, frame in ipairs(bracket) do sources[index] = frame.image end
    local steps, style = {}, settings.style()
    -- without its window darktable 4.2 crashes and 5.4 hangs when a style is made (how edits are read) or applied
    if settings.keeps_shape() and dt.configuration.has_gui then
      local shaped
      steps, shaped = context.development.shape(dt, sources, folder)
      notes[1] = shaped and _("lens correction and crop are those of %s"):format(shaped.filename)
        or _("no frame has a lens correction or a crop to take along")
    elseif context.pictures.are_edited(sources) then
      notes[1] = _("your edits of the frames are not in it")
    end
    if style ~= "" and not dt.configuration.has_gui then
      notes[#notes + 1] = _("the style '%s' is applied in darktable's window alone"):format(style)
      style = ""
    end
    local made = context.development.import(dt, output, steps, settings.format().linear and style == "")
    if not made then return nil, notes end
    context.pictures.adopt(dt, made, sources, "darktable|hdrnet|merged", true)
    if style ~= "" and not context.development.apply(dt, style, made) then
      notes[#notes + 1] = _("there is no style '%s' any more"):format(style)
    end
    return made, notes
  end

  -- Gives what `hdrnet merge` or `review` makes of a bracket, or nil and a sentence; then sentences about it.
  local function made_of(bracket, command, folder, report, should_stop)
    local inputs, failure = merge_inputs(bracket, folder, report, should_stop)
    if not inputs then return nil, failure end
    local stem = select(2, names.split(bracket[1].path))
    local output = names.unique(results_folder(bracket[1].image), stem, "hdr", settings.format().suffix)
    local share = settings.merges_originals() and 0 or EXPORT_SHARE
    local reviews = command == "review"
    if reviews then report(1, _("the review is in your browser")) end
    local done, reason, warnings = context.program.run(context, merge_words(command, bracket, inputs, output), folder,
      function(fraction, stage) report(reviews and fraction or share + (1 - share) * fraction, stage) end, should_stop)
    if reviews and not names.exists(output) then
      return nil, done and _("nothing was merged in the review") or reason, warnings
    elseif not (reviews or done) then
      return nil, reason, warnings
    end
    local made, notes = adopt_merged(output, bracket, folder)
    if not made then return nil, _("%s was written, but darktable does not import it"):format(output), warnings end
    return made, nil, append(warnings, notes)
  end

  -- Merge or review a bracket; what came of it is said in `summary`, and the picture goes into `merged`.
  local function work_on(bracket, command, summary, merged, report, should_stop)
    local first, last = bracket[1].image.filename, bracket[#bracket].image.filename
    local title = first == last and first or ("%s – %s"):format(first, last)
    local function say(text, ...) summary[#summary + 1] = text:format(title, ...) end
    if should_stop() then return say(_("%s: cancelled")) end
    if #bracket == 1 then
      return say(command == "review" and _("%s: belongs to no bracket") or _("%s: belongs to no bracket, left out"))
    end
    local made, reason, notes, kept = in_folder(function(folder)
      return made_of(bracket, command, folder, report, should_stop)
    end)
    merged[#merged + 1] = made
    say("%s: %s", made and _("merged as %s"):format(made.filename) or reason)
    for _, note in ipairs(notes or {}) do say("%s: %s", note) end
    if kept then say(_("%s: intermediate files kept in %s"), kept) end
  end

  --- Merge each bracket among the pictures. Returns a list of sentences, and the merged pictures.
  function self.merge(images, report, should_stop)
    local summary, merged = {}, {}
    local found = context.brackets.group(context.pictures.frames(images))
    for index, bracket in ipairs(found) do
      work_on(bracket, "merge", summary, merged, function(fraction, stage)
        report((index - 1 + fraction) / #found, stage)
      end, should_stop)
    end
    return summary, merged
  end

  --- Review the merge of the first bracket among the pictures, in the browser, until its page is closed. Returns a list
  --- of sentences, and what was merged there.
  function self.review(images, report, should_stop)
    local summary, merged = {}, {}
    local bracket = context.brackets.group(context.pictures.frames(images))[1]
    work_on(bracket, "review", summary, merged, report, should_stop)
    return summary, merged
  end

  --- Make a defocus map of each picture to look at: black is in focus. Returns a list of sentences, and the maps.
  function self.defocus(images, report, should_stop)
    local summary, maps = {}, {}
    for index, image in ipairs(images) do
      local stem = select(2, names.split(image.filename))
      local output = names.unique(results_folder(image), stem, "defocus", ".png")
      local words = { "defocus", context.pictures.path(image), "-o", output, "--resident", "--json" }
      local done, reason = in_folder(function(folder)
        return context.program.run(context, words, folder, function(fraction, stage)
          report((index - 1 + fraction) / #images, stage)
        end, should_stop)
      end)
      local map = done and dt.database.import(output)
      if map then
        context.pictures.adopt(dt, map, { image }, "darktable|hdrnet|defocus", false)
        maps[#maps + 1] = map
        reason = _("defocus map %s: black is in focus, white a blur of %d pixels (largest: %.1f)"):format(
          map.filename, done.white, done.largest_radius)
      end
      summary[#summary + 1] = ("%s: %s"):format(image.filename, reason or _("the map was not imported"))
    end
    return summary, maps
  end

  --- Deblur an exported file in place, with the mask of what was recovered beside it if that is set. Returns true, or
  --- nil and a sentence: then the file is as it was.
  function self.deblur_file(path, report, should_stop)
    local folder, stem, suffix = names.split(path)
    if not DEBLURRED[suffix:lower()] then
      return nil, _("%s files cannot be deblurred"):format(suffix)
    end
    -- beside the export, so that it takes its place in one step
    local output = names.unique(folder or ".", "." .. stem, "hdrnet", suffix)
    local words = { "deblur", path, "-o", output, "--resident", "--json", table.unpack(settings.words("deblur")) }
    local mask = settings.masks() and names.unique(folder or ".", stem, "recovered", ".png")
    if mask then append(words, { "--mask", mask }) end
    local done, reason = in_folder(function(job)
      return context.program.run(context, words, job, report, should_stop)
    end)
    if not done then
      os.remove(output)
    else
      done, reason = names.replace(path, output)
    end
    if not done and mask then os.remove(mask) end
    return done, reason
  end

  return self
end

return tasks
