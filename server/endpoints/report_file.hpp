// The report of `lanewise-bench report` that --report FILE puts at /report.
#pragma once

#include <atomic>
#include <memory>

#include "html_document.hpp"
#include "watched_file.hpp"

namespace lanewise::server {

class report_file {
public:
    /// Reads the file; an empty path is no report. `fields` are further lines of the reply's head.
    /// Throws std::runtime_error, which names the setting, if there is a path and no file that can
    /// be read.
    report_file(std::string path, std::string fields, const std::string& setting = "--report");

    /// The report as it was read last; null without one.
    [[nodiscard]] std::shared_ptr<const html_document> get() const { return document_.load(); }

    /// Reads the file again if it has changed; one that has become unreadable or empty changes
    /// nothing. Call from one thread; true if there is a new report.
    bool refresh();

private:
    watched_file file_;
    const std::string fields_;
    std::atomic<std::shared_ptr<const html_document>> document_;
};

}  // namespace lanewise::server
