// lanewise-bench prices: price tables out of what the clouds' own tools print.
#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/price_lists/read_price_lists.hpp"
#include "bench/workloads/text_input.hpp"
#include "command.hpp"
#include "options.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

/// All of a cloud's regions at AWS are some GB; what a user filters is far below this.
constexpr std::size_t text_bytes_max = std::size_t{512} << 20;

struct prices_options {
    std::vector<std::string> files;
    std::string output = "-";
    std::string date;  ///< empty: the day on which each file was written
};

std::string text_of(const std::string& file, std::string& damage) {
    try {
        auto input = workloads::text_input::open(file);
        std::string text;
        for (auto piece = input.read(); !piece.empty(); piece = input.read()) {
            text += piece;
            if (text.size() > text_bytes_max)
                throw std::invalid_argument{file +
                                            ": is larger than 512 MiB; filter it by region "
                                            "or by instance type"};
        }
        damage = input.damage();
        return text;
    } catch (const workloads::unusable& error) {
        throw std::invalid_argument{error.what()};
    }
}

std::string day_written(const std::string& file) {
    if (file == "-") return utc_now().substr(0, 10);
    std::error_code error;
    const auto written = std::filesystem::last_write_time(file, error);
    if (error) return utc_now().substr(0, 10);
    const auto instant = std::chrono::file_clock::to_sys(written).time_since_epoch();
    return price_lists::day_of(std::chrono::duration_cast<std::chrono::seconds>(instant).count());
}

int import_prices(const prices_options& options) {
    check_output(options.output);
    const auto known = price_table::built_in();
    price_lists::gathered_offers gathered;
    for (const auto& file : options.files) {
        std::string damage;
        const auto text = text_of(file, damage);
        const auto name =
            file == "-" ? "standard input" : std::filesystem::path{file}.filename().string();
        price_lists::read_price_list(
            text, name, options.date.empty() ? day_written(file) : options.date, known, gathered);
        if (!damage.empty()) gathered.to_know.push_back(name + ": " + damage);
    }
    const auto rows = price_lists::table_of_offers(gathered);
    const auto notes = price_lists::notes_of(gathered);
    if (rows.empty()) {
        std::string why;
        for (const auto& note : notes) why += (why.empty() ? "" : "; ") + note;
        throw std::invalid_argument{"no price that can be used" + (why.empty() ? "" : ": " + why)};
    }
    write_atomically(options.output, csv_of(rows));
    for (const auto& note : notes)
        std::cerr << "lanewise-bench: " << program::printable(note) << "\n";
    std::size_t spots = 0;
    for (const auto& row : rows) spots += row.spot ? 1 : 0;
    std::cerr << "lanewise-bench: " << gathered.entries << " entries, " << rows.size()
              << " instances, " << spots << " with a spot price\n";
    return 0;
}

}  // namespace

void add_prices(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<prices_options>();
    auto* command = program.add_subcommand("prices", "Make price tables from clouds' price lists");
    command->require_subcommand(1);
    auto* import =
        command->add_subcommand("import", "Make a price table from what clouds' own tools print");
    import
        ->add_option("files", options->files,
                     "Price lists in JSON, of one kind or several, plain or compressed by gzip; - "
                     "is standard input")
        ->type_name("FILE")
        ->required();
    add_output(*import, options->output, "price table (CSV)");
    import
        ->add_option("--date", options->date,
                     "Day on which the lists were fetched, such as 2026-08-03: prices that hold "
                     "only later or have ended by then do not count (default: the day on which "
                     "each file was written)")
        ->type_name("DAY")
        ->check([](const std::string& text) {
            return is_day(text) ? std::string{} : "\"" + text + "\" is no day such as 2026-08-03";
        });
    import->footer(
        "\nIt reads\n"
        "  aws pricing get-products --service-code AmazonEC2 ...\n"
        "  aws ec2 describe-spot-price-history --product-descriptions Linux/UNIX ...\n"
        "  Azure's retail price API, https://prices.azure.com/api/retail/prices\n"
        "  Google Cloud's SKU list, cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus\n"
        "  Oracle Cloud's price list, apexapps.oracle.com/pls/apex/cetools/api/v1/products/\n"
        "  OpenCost's node_total_hourly_cost, from Prometheus' query API or from its own page\n\n"
        "Only Linux on shared hardware without a licence counts, in US dollars. The command names "
        "what it leaves out, by\nline and reason, on standard error. Spot prices are a column of "
        "their own, with the lowest and the highest of a\nregion's zones.\n\n"
        "EXAMPLES\n  lanewise-bench prices import ondemand.json spot.json -o prices.csv\n"
        "  lanewise-bench report *.json --prices prices.csv");
    import->final_callback(
        [options, &chosen] { chosen.run = [options] { return import_prices(*options); }; });
}

}  // namespace lanewise::bench
