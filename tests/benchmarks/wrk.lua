-- Sends prepared requests one after the other and prints what came back as one line of JSON.
-- Arguments: a file with one request a line (method, path, headers, body, parted by tabs; headers are
-- "Name: value" parted by "|"), and how many milliseconds a caller rests before each request.

local prepared = {}
local following = 0
local pause = 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, fields, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = {}
    for name, value in fields:gmatch("([^:|]+): ([^|]*)") do headers[name] = value end
    prepared[#prepared + 1] = wrk.format(method, path, headers, body)
  end
  pause = tonumber(arguments[2])
  if pause > 0 then delay = function() return pause end end
end

function request()
  following = following % #prepared + 1
  return prepared[following]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50": %.3f, "p95": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000))
end
