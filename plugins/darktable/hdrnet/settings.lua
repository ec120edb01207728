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
local REFERENCES = { "automatic", "1", "2", "3", "4", "5", "6", "7", "8", "9" }
local TONES = { "natural", "fusion" }
local MODELS = { "auto", "psfnet", "msffnet", "classical" }

local function default_cli(os_name)
  if os_name == "windows" then return "C:\\Program Files\\darktable\\bin\\darktable-cli.exe" end
  if os_name == "macos" then return "/Applications/darktable.app/Contents/MacOS/darktable-cli" end
  return "darktable-cli"
end

local function is_one_of(value, known)
  for _, name in ipairs(known) do
    if name == value then return true end
  end
  return false
end

--- Register the settings and give a function for each of them.
function settings.new(dt, gettext)
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

  local function one_of(name, known)
    return function()
      local value = read(name, known[1])
      return is_one_of(value, known) and value or known[1]
    end
  end

  local function text(name, label, tip, default)
    register(name, "string", label, tip, default)
    return function() return read(name, default) end
  end

  local function flag(name, label, tip)
    register(name, "bool", label, tip, false)
    return function() return dt.preferences.read(MODULE, name, "bool") == true end
  end

  local function number(name, label, tip, default)
    register(name, "float", label, tip, default, 0, 1, 0.05)
    return function() return math.max(0, math.min(1, tonumber(read(name, default)) or default)) end
  end

  local function choice(name, label, tip, known)
    register(name, "enum", label, tip, known[1], table.unpack(known))
    return one_of(name, known)
  end

  local made = {}
  -- shown from the last to the first
  made.keep = flag("keep", _("hdrnet: keep intermediate files"),
    _("the exported frames stay in the temporary folder, and a message says where"))
  made.strength = number("strength", _("hdrnet: strength of deblurring"), _("1: the whole correction, 0: none"), 1)
  made.masks = flag("deblur_masks", _("hdrnet: masks beside deblurred exports"),
    _("a PNG image that shows where detail was recovered; white: confirmed, grey: not confirmed, black: left alone"))
  made.deblur_exports = flag("deblur_exports", _("hdrnet: deblur every exported image"),
    _("otherwise only images with the tag hdrnet|deblur are deblurred on export"))
  made.folder = text("folder", _("hdrnet: folder for new images"), _("empty: beside the originals"), "")
  made.model = choice("model", _("hdrnet: model"),
    _("auto: a neural network only where something moved; psfnet, msffnet: everywhere; classical: nowhere"), MODELS)
  local frames = choice("frames", _("hdrnet: frames to merge"),
    _("linear exports: darktable develops raw files, without your edits; original files: hdrnet, quicker"), FRAMES)
  made.cli = text("darktable_cli", _("hdrnet: path of darktable-cli"), _("exports the frames; it comes with darktable"),
    default_cli(dt.configuration.running_os))
  made.command = text("command", _("hdrnet: path of the command hdrnet"),
    _("empty: the one that the installer put in place, or that is on the PATH"), "")

  -- of the module

  made.references, made.formats, made.tones = REFERENCES, FORMAT_NAMES, TONES
  made.reference = one_of("reference", REFERENCES)
  made.format_name = one_of("format", FORMAT_NAMES)
  made.tone = one_of("tone", TONES)
  function made.format() return FORMATS[made.format_name()] end
  function made.deghost() return math.max(0, math.min(1, tonumber(read("deghost", 0.5)) or 0.5)) end
  function made.aligns() return read("align", "yes") ~= "no" end
  function made.keeps_shape() return read("shape", "no") == "yes" end
  function made.style() return read("style", "") end

  --- Remember what was chosen in the module.
  function made.remember(name, value) dt.preferences.write(MODULE, name, "string", value) end

  function made.merges_originals() return frames() == FRAMES[2] end
  return made
end

return settings
