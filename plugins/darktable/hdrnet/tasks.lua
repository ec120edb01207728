--[[ Merge, defocus map and deblurring of darktable's pictures through the command `hdrnet`. ]]

local tasks = {}

local EXPORT_SHARE = 0.3 -- of the progress of a merge

-- Formats that hdrnet writes as it reads them.
local DEBLURRED = { [".jpg"] = true, [".jpeg"] = true, [".png"] = true, [".tif"] = true, [".tiff"] = true,
  [".exr"] = true }

--- `context`: dt, gettext, windows, here (folder of this file) and the modules settings, shell (an object of
--- shell.new), json, names, brackets, pictures and program. Every task takes `report(fraction, stage)` and
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

  local function merge_bracket(bracket, folder, report, should_stop)
    local inputs, failure = merge_inputs(bracket, folder, report, should_stop)
    if not inputs then return nil, failure end
    local format = settings.format()
    local stem = select(2, names.split(bracket[1].path))
    local output = names.unique(results_folder(bracket[1].image), stem, "hdr", format.suffix)
    local words = { "merge" }
    table.move(inputs, 1, #inputs, 2, words)
    local model = settings.model()
    for _, options in ipairs({
      { "-o", output, "--model", model },
      -- the other models look for no motion, and refuse it
      model == "auto" and { "--deghost", ("%.3g"):format(settings.deghost()) } or {},
      context.brackets.exposure_options(bracket),
      format.options,
      { "--resident", "--json" },
    }) do
      table.move(options, 1, #options, #words + 1, words)
    end
    local share = settings.merges_originals() and 0 or EXPORT_SHARE
    local done, reason, warnings = context.program.run(context, words, folder, function(fraction, stage)
      report(share + (1 - share) * fraction, stage)
    end, should_stop)
    if not done then return nil, reason, warnings end
    local sources = {}
    for index, frame in ipairs(bracket) do sources[index] = frame.image end
    if not context.pictures.adopt(dt, output, sources, "darktable|hdrnet|merged", true) then
      return nil, _("%s was written, but darktable does not import it"):format(output), warnings
    end
    return output, nil, warnings
  end

  local function described(bracket)
    local first, last = bracket[1].image.filename, bracket[#bracket].image.filename
    return first == last and first or ("%s – %s"):format(first, last)
  end

  --- Merge each bracket among the pictures. Returns a list of sentences, and the paths of the merged pictures.
  function self.merge(images, report, should_stop)
    local summary, outputs = {}, {}
    local found = context.brackets.group(context.pictures.frames(images))
    local function say(text, ...) summary[#summary + 1] = text:format(...) end
    for index, bracket in ipairs(found) do
      if should_stop() then
        say(_("%s: cancelled"), described(bracket))
      elseif #bracket == 1 then
        say(_("%s: belongs to no bracket, left out"), described(bracket))
      else
        local output, reason, warnings, kept = in_folder(function(folder)
          return merge_bracket(bracket, folder, function(fraction, stage)
            report((index - 1 + fraction) / #found, stage)
          end, should_stop)
        end)
        outputs[#outputs + 1] = output
        local name = output and output:match("[^/\\]+$")
        say("%s: %s", described(bracket), output and _("merged as %s"):format(name) or reason)
        for _, warning in ipairs(warnings or {}) do say("%s: %s", described(bracket), warning) end
        if kept then say(_("%s: intermediate files kept in %s"), described(bracket), kept) end
      end
    end
    return summary, outputs
  end

  --- Write a defocus map of each picture. Returns a list of sentences, and the paths of the maps.
  function self.defocus(images, report, should_stop)
    local summary, outputs = {}, {}
    for index, image in ipairs(images) do
      local stem = select(2, names.split(image.filename))
      local output = names.unique(results_folder(image), stem, "defocus", ".tif")
      local words = { "defocus", context.pictures.path(image), "-o", output, "--resident", "--json" }
      local done, reason = in_folder(function(folder)
        return context.program.run(context, words, folder, function(fraction, stage)
          report((index - 1 + fraction) / #images, stage)
        end, should_stop)
      end)
      local adopted = done and context.pictures.adopt(dt, output, { image }, "darktable|hdrnet|defocus", false)
      if adopted then
        outputs[#outputs + 1] = output
        reason = _("defocus map %s, largest radius %.1f pixels"):format(output:match("[^/\\]+$"),
          tonumber(done.largest_radius) or 0)
      end
      summary[#summary + 1] = ("%s: %s"):format(image.filename, reason or _("the map was not imported"))
    end
    return summary, outputs
  end

  --- Deblur an exported file in place. Returns true, or nil and a sentence: then the file is as it was.
  function self.deblur_file(path, report, should_stop)
    local folder, stem, suffix = names.split(path)
    if not DEBLURRED[suffix:lower()] then
      return nil, _("%s files cannot be deblurred"):format(suffix)
    end
    -- beside the export, so that it takes its place in one step
    local output = names.unique(folder or ".", "." .. stem, "hdrnet", suffix)
    local words = { "deblur", path, "-o", output, "--strength", ("%.3g"):format(settings.strength()),
      "--resident", "--json" }
    local done, reason = in_folder(function(job)
      return context.program.run(context, words, job, report, should_stop)
    end)
    if not done then
      os.remove(output)
      return nil, reason
    end
    return names.replace(path, output)
  end

  return self
end

return tasks
