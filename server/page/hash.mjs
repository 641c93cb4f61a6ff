// FNV-1a of 64 bits. Browsers have no crypto.subtle on plain HTTP, and it is enough to draw and to name bytes; equality is
// decided by the bytes themselves.

// The hash as two lanes of 32 bits, high first: the prime is 2^40 + 0x1b3, and each product stays below 2^53.
export function fnv1a64(bytes) {
    let high = 0xcbf29ce4;
    let low = 0x84222325;
    for (const byte of bytes) {
        low = (low ^ byte) >>> 0;
        const product = low * 0x1b3;
        high = (high * 0x1b3 + Math.floor(product / 0x100000000) + ((low << 8) >>> 0)) % 0x100000000;
        low = product % 0x100000000;
    }
    return [high, low];
}

export const hashText = ([high, low]) =>
    high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");

export const hashBits = (lanes) =>
    lanes.flatMap((lane) => Array.from({ length: 32 }, (_, i) => (lane >>> (31 - i)) & 1));

// Where two byte arrays begin to differ; -1 where they don't.
export function firstDifference(a, b) {
    const shorter = Math.min(a.length, b.length);
    for (let i = 0; i < shorter; ++i) {
        if (a[i] !== b[i]) return i;
    }
    return a.length === b.length ? -1 : shorter;
}

export const hexText = (bytes, most) =>
    Array.from(bytes.subarray(0, most), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
