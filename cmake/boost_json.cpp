// Boost.JSON, compiled once: its header-only mode wants its source in exactly one unit.
#include <boost/json/src.hpp>
