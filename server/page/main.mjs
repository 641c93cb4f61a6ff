// Starts the sections.
import { startSameBits } from "./bits.mjs";
import { byId } from "./dom.mjs";
import { loadKernels } from "./kernel_form.mjs";
import { startTrial } from "./try.mjs";
import { startInquiry } from "./who.mjs";

// Every path here is relative to the page, so that a proxy or an ingress may put it under a prefix. Without a slash at the
// end they would be relative to the folder above.
if (!location.pathname.endsWith("/")) history.replaceState(null, "", `${location.pathname}/${location.search}${location.hash}`);

startInquiry();
const trial = startTrial();
const sameBits = startSameBits(() => trial.token);

loadKernels().then(
    (kernels) => {
        sameBits.setKernels(kernels);
        trial.setKernels(kernels);
    },
    (error) => {
        byId("try-status").textContent = `The list of kernels did not come: ${error.message}. The form is what the page came with.`;
    });
