// The descriptors 0, 1 and 2, with which a program may be started closed.
#pragma once

namespace lanewise::machine {

/// Opens /dev/null in the place of each standard descriptor that is closed, so that nothing else
/// gets its number: a line for stderr would go into a client's connection, or into a result. What
/// is opened refuses just what the closed one refused: reads of 0, writes to 1 and 2. To be called
/// before anything is opened.
void hold_standard_descriptors();

}  // namespace lanewise::machine
