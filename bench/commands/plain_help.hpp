// How --help looks: for each option its name, what its value is, and a sentence that ends with the
// range and the default. The parser's own words for types and ranges are left out.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace lanewise::bench {

class plain_help : public CLI::Formatter {
public:
    plain_help();
    std::string make_option(const CLI::Option* option, bool is_positional) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace lanewise::bench
