-- wrk -t2 -c64 -d10s -s wrk.lua http://host:8080/path: prints one JSON line for `lanewise-bench import-wrk`.
-- The connections are not known to a script: WRK_CONNECTIONS says them, else 10, which is wrk's own default.
done = function(summary, latency, requests)
    local e = summary.errors
    print(string.format(
        '{"wrk": 1, "url": "%s://%s:%s%s", "connections": %d, "seconds": %.6f, "requests": %d, "errors": %d, ' ..
        '"mean_us": %.1f, "p50_us": %d, "p90_us": %d, "p99_us": %d, "p999_us": %d, "max_us": %d}',
        wrk.scheme, wrk.host, wrk.port or 80, wrk.path, tonumber(os.getenv("WRK_CONNECTIONS") or "10"),
        summary.duration / 1e6, summary.requests, e.connect + e.read + e.write + e.status + e.timeout,
        latency.mean, latency:percentile(50), latency:percentile(90), latency:percentile(99),
        latency:percentile(99.9), latency.max))
end
