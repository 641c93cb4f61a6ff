#include "log_reader.hpp"

#include <string_view>
#include <utility>

#include "log_line.hpp"
#include "request_text.hpp"

namespace lanewise::bench::workloads {
namespace {

bool usually_has_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

/// Codes that only the log knows: nothing was sent, or the client had gone (499).
std::optional<int> sent_status(std::optional<int> status) {
    return status && *status >= 100 && *status < 600 && *status != 499 ? status : std::nullopt;
}

void take(logged_request read, gathering& to) {
    if (read.body && read.body_bytes && read.body->size() < *read.body_bytes) {
        to.leave_out("its body is cut off in the log");
        return;
    }
    request what;
    what.method = std::move(read.method);
    what.path = encoded_target(read.target);
    to.judge_target(what.path);
    if (read.has_fragment) to.remark("the target's fragment is left out");
    for (const auto& field : read.headers) to.add_header(what, field.name, field.value);
    if (read.body) {
        what.has_body = true;
        what.body = std::move(*read.body);
    } else if (read.body_bytes ? *read.body_bytes > 0 : usually_has_body(what.method)) {
        to.lacks_body(what.method);
    }
    to.count(std::move(what), read.host, sent_status(read.status));
}

}  // namespace

void read_log(text_input& input, const std::string& name, gathering& to) {
    to.begin(name, "access log", "line");
    line_reader lines{input};
    line_reader::line line;
    while (lines.next(line)) {
        to.next_unit(line.number);
        if (line.too_long) {
            to.leave_out("longer than 1 MiB");
            continue;
        }
        auto judged = judge_log_line(line.text);
        if (auto* read = std::get_if<logged_request>(&judged)) {
            take(std::move(*read), to);
        } else if (!line.ended) {
            to.leave_out("cut off: the file ends within this line");
        } else {
            to.leave_out(std::get<no_request>(judged));
        }
    }
    if (!input.damage().empty()) to.remark(input.damage());
}

}  // namespace lanewise::bench::workloads
