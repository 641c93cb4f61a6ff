// One request, whatever comes of it.

const timeoutMs = 10_000;

// What went wrong, in the server's own words where it has some (RFC 9457).
function reasonIn(status, statusText, bytes, type) {
    let detail = "";
    if (type.startsWith("application/problem+json")) {
        try {
            detail = JSON.parse(new TextDecoder().decode(bytes)).detail ?? "";
        } catch {
            detail = "";
        }
    }
    return `${status} ${statusText}${detail ? `: ${detail}` : ""}`;
}

// `path` is relative to the page. {ok, status, headers, bytes, time} or {ok: false, why, status?}. `fresh` opens a connection of its own, or rather
// closes the one that it came on, so that none is left to be used again.
export async function ask(path, { fresh = false, accept = "application/json", token = "", ...init } = {}) {
    const url = fresh ? `${path}${path.includes("?") ? "&" : "?"}close=1` : path;
    const headers = { accept, ...init.headers };
    if (token) headers.authorization = `Bearer ${token}`;
    const start = performance.now();
    try {
        const reply = await fetch(url, { ...init, headers, cache: "no-store", signal: AbortSignal.timeout(timeoutMs) });
        const bytes = new Uint8Array(await reply.arrayBuffer());
        const time = performance.now() - start;
        const type = reply.headers.get("content-type") ?? "";
        const result = { ok: reply.ok, status: reply.status, headers: reply.headers, bytes, time, type };
        if (!reply.ok) result.why = reasonIn(reply.status, reply.statusText, bytes, type);
        return result;
    } catch (error) {
        const why = error.name === "TimeoutError" ? `nothing came within ${timeoutMs / 1000} s` : "the connection failed";
        return { ok: false, why, time: performance.now() - start };
    }
}

export const json = (answer) => JSON.parse(new TextDecoder().decode(answer.bytes));

// The kernel's own time from Server-Timing, in milliseconds; undefined where it does not say.
export function kernelTime(headers) {
    const found = /\bkernel;dur=([0-9.]+)/.exec(headers.get("server-timing") ?? "");
    return found ? Number(found[1]) : undefined;
}
