--[[ Paths: their parts, and names that are not taken yet. ]]

local names = {}

--- Folder, name without suffix, and suffix with its dot ("" if there is none).
function names.split(path)
  local folder, name = path:match("^(.*)[/\\]([^/\\]*)$")
  if package.config:sub(1, 1) == "/" then
    folder, name = path:match("^(.*)/([^/]*)$")
  end
  name = name or path
  local stem, suffix = name:match("^(.+)(%.[^.]*)$")
  return folder, stem or name, suffix or ""
end

function names.exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- A path in `folder` that neither a picture nor a forgotten sidecar file has:
--- "stem_ending.suffix", else "stem_ending_01.suffix" and so on.
function names.unique(folder, stem, ending, suffix)
  local number = 0
  while true do
    local count = number == 0 and "" or ("_%02d"):format(number)
    local path = ("%s/%s_%s%s%s"):format(folder, stem, ending, count, suffix)
    if not names.exists(path) and not names.exists(path .. ".xmp") then return path end
    number = number + 1
  end
end

--- Let the file `new` take the place of `path`. Returns true, or nil and the reason: then `path` is as it was.
function names.replace(path, new)
  if os.rename(new, path) then return true end
  -- Windows does not rename over a file
  local folder, stem, suffix = names.split(path)
  local aside = names.unique(folder or ".", stem, "before", suffix)
  local moved, reason = os.rename(path, aside)
  if moved then
    moved, reason = os.rename(new, path)
    if moved then
      os.remove(aside)
      return true
    end
    os.rename(aside, path)
  end
  os.remove(new)
  return nil, reason
end

return names
