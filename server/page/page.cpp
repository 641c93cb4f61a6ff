#include "page.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "build_info.hpp"
#include "kernels/catalogue.hpp"
#include "kernels/kernels.hpp"
#include "program/html_text.hpp"

namespace lanewise::server {
namespace {

using program::html_text;

// Up to three significant digits: 1.5, 12.3, 128.
std::string short_number(double number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                   std::chars_format::general, number < 1000 ? 3 : 6)
                         .ptr;
    return {text.data(), end};
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 5> units{" B", " KiB", " MiB", " GiB", " TiB"};
    auto number = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; number >= 1024 && unit + 1 < units.size(); ++unit) number /= 1024;
    return short_number(number) + units[unit];
}

std::string count_of(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string fact(const std::string& name, const std::string& value) {
    return "<div><dt>" + name + "</dt><dd>" + (value.empty() ? "<i>not known</i>" : value) +
           "</dd></div>\n";
}

std::string cores_sentence(const machine::facts& machine) {
    if (!machine.cores || !machine.threads) return "This machine does not tell its cores.";
    const auto cores = count_of(static_cast<std::size_t>(*machine.cores), "core");
    const auto most = machine.threads_per_core.value_or(1);
    if (most == 1) return cores + ", one hardware thread each";
    if (*machine.threads == *machine.cores * most) {
        return cores + ", " + std::to_string(most) + " hardware threads each";
    }
    return cores + " with " +
           count_of(static_cast<std::size_t>(*machine.threads), "hardware thread");
}

// Each core as a box, each hardware thread as a cell in it, by its number in the system.
std::string cores_drawing(const machine::facts& machine) {
    std::string drawing;
    for (const auto& threads : machine.core_threads) {
        drawing += "<span>";
        for (const int thread : threads) drawing += "<b>" + std::to_string(thread) + "</b>";
        drawing += "</span>";
    }
    return drawing;
}

// Sizes of caches lie decades apart: bars on a scale of powers of two, from 8 KiB to 1 GiB.
std::string caches_rows(const machine::facts& machine) {
    std::string rows;
    for (const auto& cache : machine.caches) {
        const double bar = std::clamp(
            (std::log2(static_cast<double>(cache.size_bytes)) - 13) / 17 * 100, 1.0, 100.0);
        rows += "<tr><th scope=\"row\">L" + std::to_string(cache.level) + "</th><td>" +
                bytes_text(cache.size_bytes) +
                "</td><td><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\"><rect width=\"" +
                short_number(bar) + "\" height=\"8\"/></svg></td><td>" +
                (cache.threads_sharing == 1
                     ? "one thread"
                     : "shared by " + std::to_string(cache.threads_sharing) + " threads") +
                "</td></tr>\n";
    }
    return rows.empty() ? "<tr><td>not known</td></tr>\n" : rows;
}

std::string variants_rows() {
    std::string rows;
    for (const auto& one : kernels::variants()) {
        const bool chosen = one.name == kernels::active_variant();
        const char* kind = chosen ? "chosen" : one.runnable ? "runnable" : "lacking";
        rows += std::string{"<li class=\""} + kind + "\"><code>" + html_text(one.name) +
                "</code> <span>" +
                (chosen         ? "chosen"
                 : one.runnable ? "runs here"
                                : "lacks " + html_text(one.lacks)) +
                "</span></li>\n";
    }
    return rows;
}

std::string kernel_options() {
    std::string options;
    for (const auto& kernel : kernels::catalogue()) {
        options.append("<option>").append(kernel.name).append("</option>");
    }
    return options;
}

std::string kernel_list() {
    std::string rows;
    for (const auto& kernel : kernels::catalogue()) {
        rows += "<li><code>" + html_text(kernel.name) + "</code>: " + html_text(kernel.summary) +
                "</li>\n";
    }
    return rows;
}

std::string node_facts(const config& settings, const machine::facts& machine) {
    const auto yes_or_no = [](const std::optional<bool>& value, const char* yes,
                              const char* no) -> std::string {
        return value ? (*value ? yes : no) : "";
    };
    std::string rows =
        fact("Node", html_text(settings.node)) + fact("Pod", html_text(settings.pod)) +
        fact("Instance", html_text(settings.instance)) + fact("CPU", html_text(machine.cpu_model)) +
        fact("CPU id", html_text(machine.cpu_id)) +
        fact("CPU quota",
             machine.quota_cpus ? short_number(*machine.quota_cpus) + " CPUs" : "none") +
        fact("Memory", machine.memory_bytes ? bytes_text(*machine.memory_bytes) : "") +
        fact("Hypervisor",
             machine.hypervisor.empty() ? "none seen" : html_text(machine.hypervisor)) +
        fact("Emulated",
             yes_or_no(machine.emulated, "yes: its speed says nothing of real machines", "no")) +
        fact("Server threads", std::to_string(settings.threads) + " for connections, " +
                                   std::to_string(settings.compute_threads) + " for kernels") +
        fact("Build", LANEWISE_VERSION " (" + std::string{LANEWISE_COMMIT}.substr(0, 12) + ")");
    for (const auto& one : machine.contradictions) rows += fact("Contradiction", html_text(one));
    return rows;
}

struct slot {
    std::string_view name;
    std::string value;
};

std::string filled(std::string_view text, const std::vector<slot>& slots) {
    std::string result;
    for (auto open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
        result += text.substr(0, open);
        const auto close = text.find("}}", open);
        const auto name = text.substr(open + 2, close - open - 2);
        const auto known = std::ranges::find(slots, name, &slot::name);
        if (known == slots.end())
            throw std::logic_error("the page asks for {{" + std::string{name} + "}}");
        result += known->value;
        text.remove_prefix(close + 2);
    }
    return result += text;
}

}  // namespace

std::string hello_line(const config& settings, const machine::facts& machine) {
    std::string line = "Hello from linux/" + machine.architecture;
    line.append(" (")
        .append(kernels::active_variant())
        .append(machine.emulated.value_or(false) ? ", emulated)" : ")");
    return line + " node=" + settings.node + " pod=" + settings.pod;
}

std::string page_html(const config& settings, const machine::facts& machine) {
    const bool has_report = !settings.report.empty();
    return filled(page_template,
                  {
                      {"architecture", html_text(machine.architecture)},
                      {"variant", std::string{kernels::active_variant()}},
                      {"emulated",
                       machine.emulated.value_or(false) ? " <em class=\"mark\">emulated</em>" : ""},
                      {"node", html_text(settings.node)},
                      {"pod", html_text(settings.pod)},
                      {"cpu", machine.cpu_model.empty() ? "a CPU that does not tell its name"
                                                        : html_text(machine.cpu_model)},
                      {"cores_sentence", cores_sentence(machine)},
                      {"cores", cores_drawing(machine)},
                      {"caches", caches_rows(machine)},
                      {"variants", variants_rows()},
                      {"facts", node_facts(settings, machine)},
                      {"kernel_options", kernel_options()},
                      {"kernel_list", kernel_list()},
                      {"version", LANEWISE_VERSION},
                      {"report_link", has_report ? "<li><a href=\"report\">Report</a></li>" : ""},
                  });
}

}  // namespace lanewise::server
