// What many answers say together.

export function quantile(values, share) {
    if (values.length === 0) return undefined;
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

// Wilson's 95 % interval of a share: it keeps its promise also near 0 and 1, and with few answers.
export function shareInterval(count, total) {
    if (total === 0) return [0, 1];
    const z = 1.96;
    const share = count / total;
    const middle = share + (z * z) / (2 * total);
    const half = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
    const scale = 1 + (z * z) / total;
    return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
