// Result documents, lanewise.result/1: written whole or not at all, and read with every complaint
// named.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lanewise::bench {

inline constexpr std::string_view schema_name = "lanewise.result/1";

/// The JSON Schema of result.schema.json, which is part of the program.
[[nodiscard]] const boost::json::value& result_schema();

struct document {
    std::string file;
    std::string sha256;  ///< of the file's bytes
    boost::json::object content;
};

/// Why a file does not count.
struct bad_document {
    std::string file;
    std::string field;  ///< JSON pointer; empty where the whole is no document
    std::string problem;

    [[nodiscard]] std::string sentence() const;
};

struct loaded_documents {
    std::vector<document> documents;
    std::vector<bad_document> bad;
};

/// Reads each file; the bad ones do not keep the others from counting. A document that comes twice
/// counts once.
[[nodiscard]] loaded_documents load_documents(std::span<const std::string> files);

[[nodiscard]] std::variant<document, std::vector<bad_document>> parse_document(
    std::string file, std::string_view text);

/// What keeps a value from being this part of a document, "machine" of the schema's $defs: the
/// field and what would be right. Empty: it fits.
[[nodiscard]] std::vector<bad_document> check_part(std::string_view definition, std::string file,
                                                   const boost::json::value& value);

/// A document with its top keys in order, `made` filled in, everything else null until it is set.
[[nodiscard]] boost::json::object new_document(std::span<const std::string> command);

/// Says in `notes` why a field (a JSON pointer) is missing or what to know about it.
void add_note(boost::json::object& document, std::string_view field, std::string_view text);

/// The text to store: indented, with made.digest over all of it, so that an edit by hand shows.
[[nodiscard]] std::string document_text(boost::json::object document);

/// Indented by two, arrays of plain values on one line.
[[nodiscard]] std::string pretty(const boost::json::value& value);

/// Now, as in 2026-01-31T12:00:00Z.
[[nodiscard]] std::string utc_now();

}  // namespace lanewise::bench
