--[[ What the user chooses, in the module and in darktable's preferences (Lua options); darktable remembers it. ]]

local settings = {}

local MODULE = "hdrnet"

local FRAMES = { "linear exports", "original files" }
local FORMATS = {
  -- `linear`: opened by darktable without a tone mapper
  ["OpenEXR, 32 bit"] = { suffix = ".exr", options = { "--exr-bits", "32" }, linear = true },
  ["OpenEXR, 16 bit"] = { suffix = ".exr", options = { "--exr-bits", "16" }, linear = true },
  ["TIFF, 32 bit"] = { suffix = ".tif", options = {}, linear = true },
  -- half floats: darktable reads them, and they hold more lights and finer shadows than integers
  ["DNG"] = { suffix = ".dng", options = { "--exr-bits", "16" } },
  ["JPEG with a gain map"] = { suffix = ".jpg", options = { "--gain-map" }, toned = true },
}
local FORMAT_NAMES = { "OpenEXR, 32 bit", "OpenEXR, 16 bit", "TIFF, 32 bit", "DNG", "JPEG with a gain map" }

local CLI = {
  windows = "C:\\Program Files\\darktable\\bin\\darktable-cli.exe",
  macos = "/Applications/darktable.app/Contents/MacOS/darktable-cli",
}

--- Register the settings and give a function for each of them. `offered` are the options of hdrnet by groups, as
--- options.json has them, which tests/dialogs.py makes of libhdrnet/options.py.
function settings.new(dt, gettext, offered)
  local _ = gettext

  -- Without its GUI darktable hangs in `register`, and only reads what was chosen in it.
  local function register(...)
    if dt.configuration.has_gui then dt.preferences.register(MODULE, ...) end
  end

  -- As text: only so can a number that was never chosen be told from 0.
  local function read(name, default)
    local value = dt.preferences.read(MODULE, name, "string")
    return value and value ~= "" and value or default
  end

  local function text(name, label, tip, default)
    register(name, "string", label, tip, default)
    return function() return read(name, default) end
  end

  local function flag(name, label, tip)
    register(name, "bool", label, tip, false)
    return function() return dt.preferences.read(MODULE, name, "bool") == true end
  end

  local made = {}

  --- What was chosen for an option of hdrnet; a wrong value was not.
  function made.chosen(option)
    local value = read(option.name)
    if option.kind == "slider" then
      return math.max(option.range[1], math.min(option.range[2], tonumber(value) or option.default))
    elseif option.kind == "tick" then
      return value == nil and option.default or value == "yes"
    end
    for _, known in ipairs(option.values) do
      if known == value then return value end
    end
    return option.default
  end

  local function prefer(group)
    for _, option in ipairs(offered[group]) do
      if option.preference then
        register(option.name, option.kind == "slider" and "float" or "enum", gettext(option.label),
          gettext(option.help), option.default, table.unpack(option.range or option.values))
      end
    end
  end

  --- The words by which hdrnet is told what was chosen of a group, where that is not usual and means something; what is
  --- `fixed` was not chosen.
  function made.words(group, fixed)
    local words, known = {}, {}
    for _, option in ipairs(offered[group]) do
      known[option.name] = fixed and fixed[option.name] or made.chosen(option)
    end
    for _, option in ipairs(offered[group]) do
      local value, word, only = known[option.name], option.name:gsub("_", "-"), option.only
      if value ~= option.default and not (only and known[only[1]] ~= only[2]) then
        words[#words + 1] = (value == false and "--no-" or "--") .. word
        if option.kind == "slider" then value = ("%.3g"):format(value) end
        if option.kind ~= "tick" then words[#words + 1] = value end
      end
    end
    return words
  end

  -- shown from the last to the first
  made.keep = flag("keep", _("hdrnet: keep intermediate files"),
    _("the exported frames stay in the temporary folder, and a message says where"))
  prefer("deblur")
  made.masks = flag("deblur_masks", _("hdrnet: masks beside deblurred exports"),
    _("a PNG image that shows where detail was recovered; white: confirmed, grey: not confirmed, black: left alone"))
  made.deblur_exports = flag("deblur_exports", _("hdrnet: deblur every exported image"),
    _("otherwise only images with the tag hdrnet|deblur are deblurred on export"))
  made.folder = text("folder", _("hdrnet: folder for new images"), _("empty: beside the originals"), "")
  prefer("merge")
  register("frames", "enum", _("hdrnet: frames to merge"),
    _("linear exports: darktable develops raw files, without your edits; original files: hdrnet, quicker"),
    FRAMES[1], table.unpack(FRAMES))
  made.cli = text("darktable_cli", _("hdrnet: path of darktable-cli"), _("exports the frames; it comes with darktable"),
    CLI[dt.configuration.running_os] or "darktable-cli")
  made.command = text("command", _("hdrnet: path of the command hdrnet"),
    _("empty: the one that the installer put in place, or that is on the PATH"), "")

  -- of the module

  made.offered, made.formats = offered, FORMAT_NAMES
  function made.format_name()
    local name = read("format")
    return FORMATS[name] and name or FORMAT_NAMES[1]
  end
  function made.format() return FORMATS[made.format_name()] end
  function made.keeps_shape() return read("shape", "no") == "yes" end
  function made.style() return read("style", "") end

  --- Remember what was chosen in the module.
  function made.remember(name, value) dt.preferences.write(MODULE, name, "string", value) end

  function made.merges_originals() return read("frames") == FRAMES[2] end
  return made
end

return settings
