/* hwloc asks udev for the serial numbers of disks, which a server doesn't look at, and Debian has no static libudev.
   Without a context hwloc asks no further: the server-only image and the packages are linked with this in udev's place. */
#ifdef __cplusplus
extern "C" {
#endif
void* udev_new(void) { return 0; }
void* udev_unref(void* context) { return context; }
void* udev_device_new_from_subsystem_sysname(void* context, const char* subsystem, const char* name) {
    (void)context, (void)subsystem, (void)name;
    return 0;
}
const char* udev_device_get_property_value(void* device, const char* key) {
    (void)device, (void)key;
    return 0;
}
void* udev_device_unref(void* device) { return device; }
#ifdef __cplusplus
}
#endif
