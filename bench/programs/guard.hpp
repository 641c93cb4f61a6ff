// What makes sure that no process which the bench started outlives the bench, whatever ends it.
#pragma once

namespace lanewise::bench {

/// Goes on in a child process, in a session of its own; the process that called waits for it,
/// hands signals on and exits with its status. Whichever of the two ends, by SIGKILL too, the other
/// ends all that was started: both adopt orphans. To be called before the first thread starts.
/// Throws std::system_error where the system has no process left.
void go_on_guarded();

}  // namespace lanewise::bench
