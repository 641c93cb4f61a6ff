// The page of a browser: server/page/, embedded at build, with the facts of this node filled in at
// start, so that it says them without scripts too.
#pragma once

#include <string>
#include <string_view>

#include "kernels/machine/machine.hpp"
#include "server/settings/config.hpp"

namespace lanewise::server {

/// Who answers, in one line of text for curl.
[[nodiscard]] std::string hello_line(const config& settings, const machine::facts& machine);

[[nodiscard]] std::string page_html(const config& settings, const machine::facts& machine);

/// server/page/ as one document, in which {{names}} stand for facts. Made by
/// cmake/embed_page.cmake.
extern const std::string_view page_template;

}  // namespace lanewise::server
