// What every document says of itself: who made it, its remarks, and where its joules came from.
#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "typed.hpp"

namespace lanewise::bench {

struct made_section {
    static constexpr std::string_view key = "made";
    std::string time;  ///< UTC, RFC 3339
    std::string version, commit;
    std::vector<std::string> command;
    std::string digest;  ///< of the rest of the document
};
BOOST_DESCRIBE_STRUCT(made_section, (), (time, version, commit, command, digest))

struct energy_section {
    static constexpr std::string_view key = "energy";
    std::string source;  ///< "powercap"
    std::string covers;  ///< whose joules they are
};
BOOST_DESCRIBE_STRUCT(energy_section, (), (source, covers))

/// Why a field is missing, or what to know about it.
struct note {
    std::string field;  ///< JSON pointer; empty: the whole document
    std::string text;
};
BOOST_DESCRIBE_STRUCT(note, (), (field, text))

[[nodiscard]] inline made_section made_of(const document& from) {
    return read_section<made_section>(from.content.at(made_section::key));
}

[[nodiscard]] inline std::vector<note> notes_of(const document& from) {
    return read_section<std::vector<note>>(from.content.at("notes"));
}

}  // namespace lanewise::bench
