// One reader for each kind of entry. A reader adds the entry's offers, or says why it is left out.
// Pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "offers.hpp"

namespace lanewise::bench::price_lists {

/// An entry of `aws pricing get-products`' PriceList.
void read_aws_product(const boost::json::value& entry, const entry_context& at,
                      gathered_offers& into);

/// An entry of `aws ec2 describe-spot-price-history`'s SpotPriceHistory.
void read_aws_spot(const boost::json::value& entry, const entry_context& at, gathered_offers& into);

/// An item of Azure's retail price API.
void read_azure_item(const boost::json::value& entry, const entry_context& at,
                     gathered_offers& into);

/// Google Cloud lists prices of cores and of memory, which together make the price of a shape.
class gcp_sku_reader {
public:
    void read(const boost::json::value& entry, const entry_context& at, gathered_offers& into);
    /// After the last entry: the offers of all shapes that are known.
    void finish(const entry_context& at, gathered_offers& into) const;

private:
    struct part {
        double usd_per_hour;
        std::string place, date;
        std::int64_t instant;
    };
    struct halves {
        std::vector<part> cores, memory;
    };
    struct key {
        std::string family, region;
        bool spot;
        auto operator<=>(const key&) const = default;
    };
    std::map<key, halves> parts_;
};

/// Oracle Cloud does the same, by OCPU and gigabyte, alike in all regions.
class oci_product_reader {
public:
    void read(const boost::json::value& entry, const entry_context& at, gathered_offers& into);
    void finish(const entry_context& at, gathered_offers& into) const;

private:
    struct part {
        double usd_per_hour;
        std::string place;
    };
    struct halves {
        std::vector<part> cores, memory;
    };
    std::map<std::string, halves> parts_;  ///< by E4, A1
};

/// A series of Prometheus' reply to a query of node_total_hourly_cost.
void read_node_cost(const boost::json::value& entry, const entry_context& at,
                    gathered_offers& into);

/// The same as an exporter's page has it, in Prometheus' text format; `line` is the first one's
/// number.
void read_node_cost_page(std::string_view text, const entry_context& at, gathered_offers& into);

}  // namespace lanewise::bench::price_lists
