--[[ What is seen in lighttable: the module with its buttons and choices, shortcuts, export storage and progress. ]]

local panel = {}

local MODULE = "hdrnet"

function panel.new(context, tasks, say)
  local dt, _, settings = context.dt, context.gettext, context.settings
  local self = {}
  local installed = false

  -- progress, and then what came of it: the one widget of Lua that wraps its text
  local messages = dt.new_widget("text_view") { text = "", editable = false }
  local sliders = {}

  --- Run work(report, should_stop) with a progress job that can be cancelled. Waiting inside sleeps, so darktable
  --- goes on; the callback of Cancel only sets a flag, and the job is ended here, once.
  function self.run(title, work)
    local stopped, told = false, ""
    local job = dt.gui.create_job(title, true, function() stopped = true end)
    local function report(fraction, stage)
      if stopped then return end
      job.percent = math.max(0, math.min(1, fraction))
      told = fraction < 1 and ("%d %%, %s"):format(math.floor(fraction * 100), stage) or stage
      messages.text = told
    end
    local ok, failure = pcall(work, report, function() return stopped end)
    job.valid = false
    if messages.text == told then messages.text = "" end
    if not ok then
      messages.text = tostring(failure)
      say(messages.text)
    end
  end

  local function start(title, task, images)
    if #images == 0 then
      messages.text = _("select images first")
      say(messages.text)
      return
    end
    for name, slider in pairs(sliders) do -- they do not tell when they are moved
      settings.remember(name, ("%.3g"):format(slider.value))
    end
    dt.control.dispatch(function()
      self.run(title, function(report, should_stop)
        local summary, made = task(images, report, should_stop)
        messages.text = table.concat(summary, "\n")
        say(messages.text)
        if #made > 0 then dt.gui.selection(made) end
      end)
    end)
  end

  local function merge_selected() start(_("HDR merge"), tasks.merge, dt.gui.action_images) end
  local function review_selected() start(_("review"), tasks.review, dt.gui.action_images) end
  local function map_selected() start(_("defocus map"), tasks.defocus, dt.gui.action_images) end

  local function button(label, tooltip, callback)
    return dt.new_widget("button") { label = label, tooltip = tooltip, clicked_callback = callback }
  end

  -- A list of texts; `shown` are those for eyes.
  local function combobox(name, label, tooltip, known, value, shown)
    local widget = dt.new_widget("combobox") { label = label, tooltip = tooltip }
    for index, text in ipairs(shown or known) do widget[index] = text end
    for index, text in ipairs(known) do
      if text == value then widget.value = index end
    end
    widget.changed_callback = function(changed)
      for index, text in ipairs(shown or known) do
        if text == changed.value then settings.remember(name, known[index]) end
      end
    end
    return widget
  end

  local function check(name, label, tooltip, value)
    return dt.new_widget("check_button") {
      label = label, tooltip = tooltip, value = value,
      clicked_callback = function(changed) settings.remember(name, changed.value and "yes" or "no") end,
    }
  end

  local function styles()
    local known, shown = { "" }, { _("sigmoid") }
    for _, name in ipairs(context.development.styles(dt)) do
      known[#known + 1], shown[#shown + 1] = name, name
    end
    return combobox("style", _("style"),
      _("applied to the merged picture; without one OpenEXR and TIFF files open with the tone mapper sigmoid"), known,
      settings.style(), shown)
  end

  -- What shows an option of hdrnet.
  local function shown(option)
    local name, label, tip, value = option.name, _(option.label), _(option.help), settings.chosen(option)
    if option.kind == "tick" then return check(name, label, tip, value) end
    if option.kind == "slider" then
      local low, high, step = table.unpack(option.range)
      sliders[name] = dt.new_widget("slider") {
        label = label, tooltip = tip, hard_min = low, hard_max = high, soft_min = low, soft_max = high, step = step,
        digits = step < 1 and 2 or 0,
      }
      sliders[name].value = value -- beside its limits it would be cut to others
      return sliders[name]
    end
    local texts = {}
    for index, text in ipairs(option.values) do
      texts[index] = tonumber(text) and _("frame %s"):format(text) or _(text)
    end
    return combobox(name, label, tip, option.values, value, texts)
  end

  local function options(group)
    local rows = { orientation = "vertical" }
    for _, option in ipairs(settings.offered[group]) do
      if not option.preference then rows[#rows + 1] = shown(option) end
    end
    return dt.new_widget("box")(rows)
  end

  local function widgets()
    return dt.new_widget("box") {
      orientation = "vertical",
      dt.new_widget("box") {
        orientation = "horizontal",
        button(_("merge"), _("merge each bracket among the selected images into one HDR image without ghosts"),
          merge_selected),
        button(_("review…"), _("look at the merge of the selected bracket in your browser and correct it there"),
          review_selected),
      },
      options("merge"),
      combobox("format", _("format"), _("OpenEXR, 16 bit: half as large, in steps of 0.05 to 0.1 % and up to 65504;"
        .. " DNG: developed like a raw file, best of original raw files; JPEG: tone-mapped, bright on HDR displays"),
        settings.formats, settings.format_name(),
        { _("EXR, 32 bit"), _("EXR, 16 bit"), _("TIFF, 32 bit"), _("DNG"), _("HDR JPEG") }),
      options("tone"),
      styles(),
      check("shape", _("keep lens and crop"), _("the merged picture gets lens correction, rotation and crop of the"
        .. " first frame that has any; they can still be changed"), settings.keeps_shape()),
      button(_("defocus map"), _("make an image that shows how far each part of the selected ones is out of focus"),
        map_selected),
      messages,
    }
  end

  local function install()
    if installed then return end
    installed = true
    dt.register_lib(MODULE, _("hdrnet"), true, false,
      { [dt.gui.views.lighttable] = { "DT_UI_CONTAINER_PANEL_RIGHT_CENTER", 20 } }, widgets())
  end

  -- The frames need another development than darktable's exports have. Those cannot be left out: darktable 5.0 crashes
  -- when a storage's `initialize` takes pictures from the list.
  local function drop_export(_storage, _image, _format, filename) os.remove(filename) end
  local function merge_exported(_storage, files)
    local images = {}
    for image in pairs(files) do images[#images + 1] = image end
    start(_("HDR merge"), tasks.merge, images)
  end

  if dt.gui.current_view().id == "lighttable" then
    install()
  else
    dt.register_event(MODULE, "view-changed", function(_event, _old, new)
      if new.id == "lighttable" then install() end
    end)
  end

  function self.show()
    dt.register_storage(MODULE, _("HDR merge"), drop_export, merge_exported)
    dt.register_event(MODULE .. "-merge", "shortcut", merge_selected, _("hdrnet: merge selected as HDR"))
    dt.register_event(MODULE .. "-defocus", "shortcut", map_selected, _("hdrnet: defocus map of selected"))
    if installed then dt.gui.libs[MODULE].visible = true end
  end

  function self.destroy()
    dt.destroy_storage(MODULE)
    dt.destroy_event(MODULE .. "-merge", "shortcut")
    dt.destroy_event(MODULE .. "-defocus", "shortcut")
    if installed then dt.gui.libs[MODULE].visible = false end
  end

  self.show()
  return self
end

return panel
