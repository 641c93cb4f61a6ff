// What must not happen: an inline function in an ISA unit, which the linker would take from either.
// Planted for the test.
namespace lanewise::kernels {

__attribute__((noinline)) inline int leak(int value) {
    return value + 1;
}

namespace units {
extern int LANEWISE_UNIT(int value);
int LANEWISE_UNIT(int value) {
    return leak(value);
}
}  // namespace units

}  // namespace lanewise::kernels
