--[[ What is seen in lighttable: the module with its buttons, the shortcuts, the export storage, the progress. ]]

local panel = {}

local MODULE = "hdrnet"

function panel.new(context, tasks, say)
  local dt, _ = context.dt, context.gettext
  local self = {}
  local installed = false

  local status = dt.new_widget("label") { label = "", halign = "start", ellipsize = "end" }

  --- Run work(report, should_stop) with a progress job that can be cancelled. Waiting inside sleeps, so darktable
  --- goes on; the callback of Cancel only sets a flag, and the job is ended here, once.
  function self.run(title, work)
    local stopped = false
    local job = dt.gui.create_job(title, true, function() stopped = true end)
    local function report(fraction, stage)
      if stopped then return end
      job.percent = math.max(0, math.min(1, fraction))
      status.label = ("%s: %d %%, %s"):format(title, math.floor(fraction * 100), stage)
    end
    local ok, failure = pcall(work, report, function() return stopped end)
    job.valid = false
    status.label = ""
    if not ok then say(tostring(failure)) end
  end

  local function start(title, task, images)
    if #images == 0 then
      say(_("select images first"))
      return
    end
    dt.control.dispatch(function()
      self.run(title, function(report, should_stop)
        local summary = task(images, report, should_stop)
        say(table.concat(summary, "\n"))
      end)
    end)
  end

  local function merge_selected() start(_("HDR merge"), tasks.merge, dt.gui.action_images) end
  local function map_selected() start(_("defocus map"), tasks.defocus, dt.gui.action_images) end

  local function install()
    if installed then return end
    installed = true
    dt.register_lib(MODULE, _("hdrnet"), true, false,
      { [dt.gui.views.lighttable] = { "DT_UI_CONTAINER_PANEL_RIGHT_CENTER", 20 } },
      dt.new_widget("box") {
        orientation = "vertical",
        dt.new_widget("button") {
          label = _("merge selected as HDR"),
          tooltip = _("merge each bracket among the selected images into one HDR image without ghosts"),
          clicked_callback = merge_selected,
        },
        dt.new_widget("button") {
          label = _("defocus map"),
          tooltip = _("make an image that shows how far each part of the selected ones is out of focus"),
          clicked_callback = map_selected,
        },
        status,
      })
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
