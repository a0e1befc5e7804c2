
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("bench: requests=%d micros=%d p50=%d p99=%d rejected=%d failed=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
