#include "report_file.hpp"

#include <stdexcept>
#include <utility>

namespace lanewise::server {
namespace {

// A report of a hundred documents, with the chart library in it, has less than a tenth of this.
constexpr std::uint64_t report_bytes_max = 32 << 20;

}  // namespace

report_file::report_file(std::string path, std::string fields, const std::string& setting)
    : file_(std::move(path), report_bytes_max), fields_(std::move(fields)) {
    if (!file_.path().empty() && !refresh()) {
        throw std::runtime_error(setting + ": " + file_.path() +
                                 " can't be read, is empty, or has more than " +
                                 std::to_string(report_bytes_max >> 20) + " MiB");
    }
}

bool report_file::refresh() {
    if (file_.path().empty()) return false;
    auto html = file_.read_if_changed();
    if (!html || html->empty()) return false;
    document_.store(std::make_shared<const html_document>(
        make_html_document(std::move(*html), origin::report, fields_)));
    return true;
}

}  // namespace lanewise::server
