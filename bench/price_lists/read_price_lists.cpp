#include "read_price_lists.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "json_entries.hpp"
#include "readers.hpp"

namespace lanewise::bench::price_lists {
namespace {

namespace json = boost::json;

constexpr std::size_t places_named = 3;

class list_reader {
public:
    list_reader(entry_context at, gathered_offers& into) : at_{std::move(at)}, into_{&into} {}

    void read(const json_part& part) {
        part_ = &part;
        if (part.cut)
            into_->to_know.push_back(at_.file + ": line " + std::to_string(part.line) +
                                     ": the text ends within an entry; those before it are read");
        say_what_the_reply_says(part.value);
        if (const auto* entries = entries_of(part.value)) {
            const auto depth = static_cast<std::size_t>(std::ranges::count(pointer_, '/'));
            const auto lines = lines_of_entries(part.text, depth, entries->size());
            for (std::size_t i = 0; i < entries->size(); ++i)
                judge((*entries)[i],
                      place_of(lines.empty() ? 0 : lines[i], pointer_ + "/" + std::to_string(i)));
        } else {
            judge(part.value, place_of(1, ""));
        }
    }

    void finish() {
        gcp_.finish(at_, *into_);
        oci_.finish(at_, *into_);
    }

private:
    /// The list of a reply, by the name that each tool gives to it; nullptr: it is one entry.
    const json::array* entries_of(const json::value& from) {
        pointer_.clear();
        if (from.is_array()) return &from.get_array();
        for (const auto* name : {"PriceList", "SpotPriceHistory", "Items", "items", "skus"}) {
            const auto* list = member(from, name);
            if (!list || !list->is_array()) continue;
            pointer_ = std::string{"/"} + name;
            return &list->get_array();
        }
        const auto* result = member(from, "data", "result");
        if (!result || !result->is_array()) return nullptr;
        pointer_ = "/data/result";
        return &result->get_array();
    }

    void say_what_the_reply_says(const json::value& from) {
        for (const auto* name : {"NextToken", "NextPageLink", "nextPageToken"}) {
            if (!text_at(from, name).empty())
                into_->to_know.push_back(at_.file + ": there is a next page (" + name +
                                         ") that this file does not hold");
        }
        if (text_at(from, "status") == "error")
            into_->to_know.push_back(
                at_.file + ": Prometheus answered with an error: " + text_at(from, "error"));
        if (const auto* warnings = member(from, "warnings"); warnings && warnings->is_array()) {
            for (const auto& one : warnings->get_array()) {
                if (one.is_string())
                    into_->to_know.push_back(
                        at_.file + ": Prometheus warns: " + std::string{one.get_string()});
            }
        }
    }

    void judge(const json::value& entry, std::string place) {
        ++into_->entries;
        at_.place = std::move(place);
        // aws prints each product as JSON in a string.
        if (entry.is_string()) {
            json::parse_options options;
            options.max_depth = 64;
            boost::system::error_code error;
            const auto product = json::parse(entry.get_string(), error, {}, options);
            if (error || !product.is_object())
                return into_->leave_out("it is text that holds no product", at_.place);
            return read_aws_product(product, at_, *into_);
        }
        const auto has = [&](std::string_view name) { return member(entry, name) != nullptr; };
        if (has("product") && has("terms")) return read_aws_product(entry, at_, *into_);
        if (has("SpotPrice")) return read_aws_spot(entry, at_, *into_);
        if (has("retailPrice") || has("armSkuName")) return read_azure_item(entry, at_, *into_);
        if (has("pricingInfo") || has("skuId")) return gcp_.read(entry, at_, *into_);
        if (has("partNumber")) return oci_.read(entry, at_, *into_);
        if (has("metric")) return read_node_cost(entry, at_, *into_);
        into_->leave_out("it is of no kind that is read", at_.place);
    }

    std::string place_of(std::size_t line, const std::string& pointer) const {
        return at_.file + ": " +
               (line == 0 ? pointer
                          : "line " + std::to_string(part_->line + line - 1) +
                                (pointer.empty() ? "" : ", " + pointer));
    }

    entry_context at_;
    gathered_offers* into_;
    const json_part* part_ = nullptr;
    std::string pointer_;
    gcp_sku_reader gcp_;
    oci_product_reader oci_;
};

}  // namespace

void gathered_offers::leave_out(const std::string& reason, const std::string& place) {
    auto& entry = left_out_by_reason[reason];
    ++entry.count;
    if (entry.places.size() < places_named) entry.places.push_back(place);
}

void read_price_list(std::string_view text, const std::string& file, const std::string& day,
                     const price_table& known, gathered_offers& into) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        into.to_know.push_back(file + ": is empty");
        return;
    }
    entry_context at;
    at.file = file, at.place = file, at.day = day;
    at.now = instant_of(day).value_or(0) + 86'399;
    at.known = &known;
    const auto letter = text[first];
    if (letter != '{' && letter != '[' && letter != '"') {
        if (text.substr(first).starts_with("provider,") || text.find("usd_per_hour") < 400) {
            into.to_know.push_back(file + ": is a price table already; give it to --prices");
            return;
        }
        if (letter == '#' || text.find("node_total_hourly_cost") != std::string_view::npos)
            return read_node_cost_page(text, at, into);
        into.to_know.push_back(
            file +
            ": line 1: must be JSON, as the tools print it with --output json, or "
            "OpenCost's page in Prometheus' text format");
        return;
    }
    const auto parts = parts_of(text);
    list_reader reader{at, into};
    for (const auto& part : parts.parts) reader.read(part);
    reader.finish();
    if (!parts.problem.empty()) into.to_know.push_back(file + ": " + parts.problem);
}

std::vector<std::string> notes_of(const gathered_offers& from) {
    std::vector<std::string> notes;
    for (const auto& [reason, what] : from.left_out_by_reason) {
        std::string text =
            "left out " +
            (what.count == 1 ? std::string{"1 entry"} : std::to_string(what.count) + " entries") +
            ": " + reason + ": ";
        for (std::size_t i = 0; i < what.places.size(); ++i)
            text += (i == 0 ? "" : ", ") + what.places[i];
        if (what.count > what.places.size()) text += " and others";
        notes.push_back(std::move(text));
    }
    notes.insert(notes.end(), from.to_know.begin(), from.to_know.end());
    return notes;
}

}  // namespace lanewise::bench::price_lists
