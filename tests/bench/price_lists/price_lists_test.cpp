// Replies as the clouds' tools print them, made up here: each field that decides is varied.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "bench/price_lists/json_entries.hpp"
#include "bench/price_lists/read_price_lists.hpp"

using namespace lanewise::bench;
using namespace lanewise::bench::price_lists;
namespace json = boost::json;

namespace {

struct imported {
    std::vector<price> rows;
    std::string notes;  ///< a line each

    [[nodiscard]] const price* of(std::string_view instance, std::string_view region = "") const {
        const auto found = std::ranges::find_if(rows, [&](const price& one) {
            return one.instance == instance && (region.empty() || one.region == region);
        });
        return found == rows.end() ? nullptr : &*found;
    }
    [[nodiscard]] bool says(std::string_view part) const {
        return notes.find(part) != std::string::npos;
    }
};

imported import_of(const std::vector<std::string>& texts, const std::string& day = "2026-08-03") {
    static const auto known = price_table::built_in();
    gathered_offers gathered;
    for (std::size_t i = 0; i < texts.size(); ++i)
        read_price_list(texts[i], "list-" + std::to_string(i) + ".json", day, known, gathered);
    imported found{table_of_offers(gathered), {}};
    for (const auto& note : notes_of(gathered)) found.notes += note + "\n";
    return found;
}

imported import_of(const std::string& text, const std::string& day = "2026-08-03") {
    return import_of(std::vector{text}, day);
}

/// An entry of get-products, as JSON in a string.
std::string product(const std::string& instance, const std::string& dollars,
                    const json::object& attributes = {}, const std::string& unit = "Hrs",
                    const std::string& since = "2026-07-01T00:00:00Z",
                    const std::string& currency = "USD") {
    json::object said{{"instanceType", instance},
                      {"regionCode", "us-east-1"},
                      {"operatingSystem", "Linux"},
                      {"tenancy", "Shared"},
                      {"preInstalledSw", "NA"},
                      {"capacitystatus", "Used"},
                      {"vcpu", "4"},
                      {"memory", "16 GiB"},
                      {"marketoption", "OnDemand"},
                      {"physicalProcessor", "AWS Graviton3 Processor"}};
    for (const auto& [name, value] : attributes) said[name] = value;
    const json::value entry{
        {"product", {{"productFamily", "Compute Instance"}, {"attributes", said}, {"sku", "ABC"}}},
        {"publicationDate", "2026-07-17T19:35:13Z"},
        {"terms",
         {{"OnDemand",
           {{"ABC.JRT",
             {{"effectiveDate", since},
              {"priceDimensions",
               {{"ABC.JRT.6YS",
                 {{"unit", unit},
                  {"beginRange", "0"},
                  {"endRange", "Inf"},
                  {"pricePerUnit", {{currency, dollars}}}}}}}}}}}}}};
    return json::serialize(entry);
}

std::string products(const std::vector<std::string>& entries, const std::string& token = "") {
    json::object reply{{"FormatVersion", "aws_v1"}, {"PriceList", json::value_from(entries)}};
    if (!token.empty()) reply["NextToken"] = token;
    return json::serialize(reply);
}

std::string spot(const std::string& zone, const std::string& dollars, const std::string& time,
                 const std::string& description = "Linux/UNIX",
                 const std::string& instance = "m7g.xlarge") {
    return json::serialize(json::value{{"AvailabilityZone", zone},
                                       {"InstanceType", instance},
                                       {"ProductDescription", description},
                                       {"SpotPrice", dollars},
                                       {"Timestamp", time}});
}

std::string list(const std::string& name, const std::vector<std::string>& entries) {
    std::string text = "{\"" + name + "\": [\n";
    for (std::size_t i = 0; i < entries.size(); ++i)
        text += entries[i] + (i + 1 < entries.size() ? ",\n" : "\n");
    return text + "]}\n";
}

std::string azure(const std::string& sku, double dollars, const json::object& fields = {}) {
    json::object item{{"currencyCode", "USD"},
                      {"retailPrice", dollars},
                      {"unitPrice", dollars},
                      {"armRegionName", "eastus"},
                      {"effectiveStartDate", "2023-11-01T00:00:00Z"},
                      {"meterName", sku},
                      {"productName", "Virtual Machines Dsv6 Series"},
                      {"skuName", sku},
                      {"serviceName", "Virtual Machines"},
                      {"unitOfMeasure", "1 Hour"},
                      {"type", "Consumption"},
                      {"armSkuName", sku}};
    for (const auto& [name, value] : fields) item[name] = value;
    return json::serialize(item);
}

std::string sku(const std::string& description, const json::array& tiers,
                const std::string& usage = "OnDemand", const std::string& unit = "h",
                const std::string& since = "2026-07-31T08:00:00Z") {
    return json::serialize(json::value{
        {"skuId", "0000-1111-2222"},
        {"description", description},
        {"category", {{"resourceFamily", "Compute"}, {"usageType", usage}}},
        {"serviceRegions", {"us-central1"}},
        {"pricingInfo",
         json::array{{{"effectiveTime", since},
                      {"pricingExpression", {{"usageUnit", unit}, {"tieredRates", tiers}}}}}}});
}

json::object tier(double start, const std::string& units, int nanos,
                  const std::string& currency = "USD") {
    return {{"startUsageAmount", start},
            {"unitPrice", {{"currencyCode", currency}, {"units", units}, {"nanos", nanos}}}};
}

std::string oci(const std::string& name, const std::string& metric, const json::array& prices,
                const std::string& currency = "USD") {
    return json::serialize(
        json::value{{"partNumber", "B1"},
                    {"displayName", name},
                    {"metricName", metric},
                    {"currencyCodeLocalizations",
                     json::array{{{"currencyCode", currency}, {"prices", prices}}}}});
}

std::string node_cost(const std::string& node, const std::string& type, const json::value& value) {
    return json::serialize(json::value{{"metric",
                                        {{"__name__", "node_total_hourly_cost"},
                                         {"arch", "arm64"},
                                         {"instance", "10.0.0.1"},
                                         {"instance_type", type},
                                         {"node", node},
                                         {"provider_id", "aws:///us-east-1a/i-1"},
                                         {"region", "us-east-1"}}},
                                       {"value", {1785715200.25, value}}});
}

}  // namespace

TEST_CASE("aws pricing get-products: an instance with its shape, source and the list's day") {
    const auto found = import_of(products({product("m7g.xlarge", "0.1632000000")}));
    REQUIRE(found.rows.size() == 1);
    const auto& row = found.rows[0];
    CHECK(row.provider == "aws");
    CHECK(row.region == "us-east-1");
    CHECK(row.instance == "m7g.xlarge");
    CHECK(row.architecture == "arm64");
    CHECK(row.vcpus == 4);
    CHECK(row.threads_per_core == 1);
    CHECK(row.memory_gib == 16);
    CHECK(row.usd_per_hour == 0.1632);
    CHECK(row.date == "2026-07-17");
    CHECK(row.source == "aws pricing get-products: list-0.json");
    CHECK(found.notes.empty());
}

TEST_CASE("aws pricing get-products: what is not Linux, shared and on demand is left out by name") {
    const auto found = import_of(
        products({product("m7g.large", "0.2", {{"operatingSystem", "Windows"}}),
                  product("m7g.large", "0.3", {{"tenancy", "Dedicated"}}),
                  product("m7g.large", "0.4", {{"preInstalledSw", "SQL Std"}}),
                  product("m7g.large", "0.5", {{"capacitystatus", "UnusedCapacityReservation"}}),
                  product("m7g.large", "0.6", {{"marketoption", "CapacityBlock"}}),
                  product("m7g.large", "0.7", {{"operatingSystem", nullptr}}),
                  product("m7g.large", "0.0000000000"), product("m7g.large", "5", {}, "Quantity"),
                  product("m7g.large", "0.9", {}, "Hrs", "2027-01-01T00:00:00Z"),
                  product("m7g.large", "0.5", {}, "Hrs", "2026-07-01T00:00:00Z", "CNY"),
                  product("m7g.large", "free"), product("m7i.large", "0.1008")},
                 "abc=="));
    REQUIRE(found.rows.size() == 1);
    CHECK(found.rows[0].instance == "m7i.large");
    for (const auto* said :
         {"operatingSystem is Windows, not Linux", "tenancy is Dedicated, not Shared",
          "preInstalledSw is SQL Std, not NA", "capacitystatus is UnusedCapacityReservation",
          "marketoption is CapacityBlock", "operatingSystem is not said", "its price is 0",
          "its unit is \"Quantity\", which is no time", "holds only from a later day on",
          "its price is in CNY, and only dollars are ranked", "pricePerUnit is no price",
          "there is a next page (NextToken)", "list-0.json: line 1, /PriceList/0"}) {
        CAPTURE(said);
        CHECK(found.says(said));
    }
}

TEST_CASE(
    "two prices of one instance that nothing tells apart are both named, and neither counts") {
    const auto found =
        import_of(products({product("m7g.large", "0.08"), product("m7g.large", "0.09"),
                            product("m7i.large", "0.1"), product("m7i.large", "0.1")}));
    REQUIRE(found.rows.size() == 1);
    CHECK(found.rows[0].instance == "m7i.large");
    CHECK(found.says("two prices that nothing tells apart: m7g.large in us-east-1"));
    CHECK(found.says("/PriceList/0"));
    CHECK(found.says("/PriceList/1"));
}

TEST_CASE("spot history: the newest of each zone and product, whatever its time zone") {
    const auto found = import_of(list(
        "SpotPriceHistory", {
                                spot("us-east-1a", "0.0700", "2026-07-20T12:00:00+02:00"),  // 10:00
                                spot("us-east-1a", "0.0600", "2026-07-20T11:00:00Z"),
                                spot("us-east-1b", "0.0800", "2026-07-20T11:00:00.000Z"),
                                spot("us-east-1b", "0.0100", "2026-07-19T11:00:00+00:00"),
                                spot("us-east-1c", "0.0900", "2026-07-20T11:00:00+00:00"),
                                spot("us-east-1c", "0.0020", "2026-12-01T11:00:00+00:00"),
                                spot("us-east-1c", "0.2", "2026-07-20T11:00:00Z", "Windows"),
                                spot("us-east-1c", "0", "2026-07-20T12:00:00Z"),
                                spot("us-east-1c", "0.1", "yesterday"),
                            }));
    REQUIRE(found.rows.size() == 1);
    const auto& row = found.rows[0];
    CHECK(row.region == "us-east-1");
    CHECK(row.usd_per_hour == 0);
    REQUIRE(row.spot);
    CHECK(row.spot->usd_per_hour == 0.08);
    CHECK(row.spot->low == 0.06);
    CHECK(row.spot->high == 0.09);
    CHECK(row.spot->date == "2026-07-20");
    CHECK(found.says("ProductDescription is Windows, not Linux/UNIX"));
    CHECK(
        found.says("SpotPrice must be a number above 0: list-0.json: line 9, /SpotPriceHistory/7"));
    CHECK(found.says("Timestamp must be a time such as"));
    CHECK(found.says("holds only from a later day on"));
}

TEST_CASE("prices on demand and on spot of two files make one row") {
    const auto found =
        import_of({products({product("m7g.xlarge", "0.1632")}),
                   list("SpotPriceHistory", {spot("us-east-1a", "0.07", "2026-07-20T10:00:00Z")})});
    REQUIRE(found.rows.size() == 1);
    CHECK(found.rows[0].usd_per_hour == 0.1632);
    REQUIRE(found.rows[0].spot);
    CHECK(found.rows[0].spot->usd_per_hour == 0.07);
    CHECK_FALSE(found.rows[0].spot->low);
    // And back through the table's own file.
    const auto table = price_table::parse("own.csv", csv_of(found.rows));
    REQUIRE(table.find("m7g.xlarge"));
    CHECK(table.find("m7g.xlarge")->spot->usd_per_hour == 0.07);
    CHECK(table.find("m7g.xlarge")->memory_gib == 16);
}

TEST_CASE("Azure: units are converted, spot stands apart, what is unlike is left out") {
    const auto found = import_of(list(
        "Items",
        {azure("Standard_D8s_v6", 0.403),
         azure("Standard_D8ps_v6", 28.1, {{"unitOfMeasure", "100 Hours"}}),
         azure("Standard_D8s_v6", 0.09, {{"skuName", "D8s v6 Spot"}}),
         azure("Standard_D8s_v6", 0.7, {{"productName", "Virtual Machines Dsv6 Series Windows"}}),
         azure("Standard_D8s_v6", 0.08, {{"skuName", "D8s v6 Low Priority"}}),
         azure("Standard_D8s_v6", 2000, {{"type", "Reservation"}}),
         azure("Standard_D8s_v6", 0.3, {{"type", "DevTestConsumption"}}),
         azure("Standard_D8s_v6", 0.3, {{"currencyCode", "EUR"}}),
         azure("Standard_D8s_v6", 0.3, {{"effectiveEndDate", "2026-01-31T00:00:00Z"}}),
         azure("Standard_D8s_v6", 0.3, {{"effectiveStartDate", "2026-09-01T00:00:00Z"}}),
         azure("Standard_D8s_v6", 0), azure("Standard_D8s_v6", 1, {{"unitOfMeasure", "1 GB"}}),
         azure("Standard_D8as_v6", 0.0001, {{"unitOfMeasure", "1 Second"}})}));
    REQUIRE(found.rows.size() == 3);
    const auto* d8s = found.of("Standard_D8s_v6");
    REQUIRE(d8s);
    CHECK(d8s->usd_per_hour == 0.403);
    REQUIRE(d8s->spot);
    CHECK(d8s->spot->usd_per_hour == 0.09);
    CHECK(d8s->threads_per_core == 2);
    CHECK(d8s->date == "2026-08-03");
    CHECK(found.of("Standard_D8ps_v6")->usd_per_hour == doctest::Approx(0.281));
    CHECK(found.of("Standard_D8as_v6")->usd_per_hour == doctest::Approx(0.36));
    for (const auto* said :
         {"it is for Windows", "low priority", "type is Reservation", "type is DevTestConsumption",
          "its price is in EUR", "its price has ended", "holds only from a later day on",
          "its price is 0", "its unit is \"1 GB\""}) {
        CAPTURE(said);
        CHECK(found.says(said));
    }
}

TEST_CASE("Azure: a later price of the same SKU counts, a next page is said") {
    auto text =
        list("Items",
             {azure("Standard_D8s_v6", 0.403),
              azure("Standard_D8s_v6", 0.39, {{"effectiveStartDate", "2026-06-01T00:00:00Z"}})});
    text.insert(1, "\"NextPageLink\": \"https://prices.azure.com/api/retail/prices?$skip=100\", ");
    const auto found = import_of(text);
    REQUIRE(found.rows.size() == 1);
    CHECK(found.rows[0].usd_per_hour == 0.39);
    CHECK(found.says("there is a next page (NextPageLink)"));
}

TEST_CASE(
    "Google Cloud: cores and memory make shapes, from units and nanos of the first paid tier") {
    const auto found = import_of(list(
        "skus",
        {sku("N4A Arm Instance Core running in Iowa", {tier(0, "0", 0), tier(10, "0", 25000000)}),
         sku("N4A Arm Instance Ram running in Iowa", {tier(0, "0", 3375000)}, "OnDemand", "GiBy.h"),
         sku("Spot Preemptible N4A Arm Instance Core running in Iowa", {tier(0, "0", 10000000)},
             "Preemptible"),
         sku("Spot Preemptible N4A Arm Instance Ram running in Iowa", {tier(0, "0", 1000000)},
             "Preemptible", "GiBy.h"),
         sku("N4A Custom Instance Core running in Iowa", {tier(0, "1", 0)}),
         sku("N2 Instance Core running in Americas", {tier(0, "0", 31611000)}),
         sku("C4 Instance Core running in Iowa", {tier(0, "0", 5, "EUR")}),
         sku("T2D AMD Instance Core running in Iowa", {tier(0, "0", 0)}),
         sku("N2D AMD Instance Core running in Iowa", {tier(0, "0", 1)}, "Commit1Yr"),
         sku("C4A Arm Instance Core running in Iowa", {tier(0, "0", 1)}, "OnDemand", "count"),
         sku("Z9 Instance Core running in Iowa", {tier(0, "0", 1000000)}),
         sku("Z9 Instance Ram running in Iowa", {tier(0, "0", 1000000)}, "OnDemand", "GiBy.h")}));
    const auto* row = found.of("n4a-standard-8", "us-central1");
    REQUIRE(row);
    CHECK(row->usd_per_hour == doctest::Approx(8 * 0.025 + 32 * 0.003375));
    REQUIRE(row->spot);
    CHECK(row->spot->usd_per_hour == doctest::Approx(8 * 0.01 + 32 * 0.001));
    CHECK(row->threads_per_core == 1);
    CHECK(found.rows.size() == 4);
    for (const auto* said :
         {"no core or memory of a predefined machine", "the price of its memory is missing",
          "its price is in EUR", "its price is 0", "usageType is Commit1Yr, not OnDemand",
          "its unit is \"count\"", "no shape of its family is in the built-in table"}) {
        CAPTURE(said);
        CHECK(found.says(said));
    }
}

TEST_CASE(
    "Oracle Cloud: an OCPU and gigabytes make the shapes of a family; a free tier is no price") {
    const json::array a1{{{"model", "PAY_AS_YOU_GO"}, {"rangeMin", 0}, {"value", 0}},
                         {{"model", "PAY_AS_YOU_GO"}, {"rangeMin", 3000}, {"value", 0.01}}};
    const json::array gigabyte{{{"model", "PAY_AS_YOU_GO"}, {"value", 0.0015}}};
    const json::array commit{{{"model", "MONTHLY_COMMIT"}, {"value", 0.0007}}};
    const auto found = import_of(list(
        "items", {oci("OCI - Compute - Ampere A1 - OCPU", "OCPU Per Hour", a1),
                  oci("OCI - Compute - Ampere A1 - Memory", "Gigabyte Per Hour", gigabyte),
                  oci("Compute - Standard - A2 - OCPU", "OCPU Per Hour",
                      {{{"model", "PAY_AS_YOU_GO"}, {"value", 0.014}}}),
                  oci("Compute - Standard - A2 - Memory", "Gigabyte Per Hour",
                      {{{"model", "PAY_AS_YOU_GO"}, {"value", 0.002}}}),
                  oci("Compute - Standard - E4 - OCPU", "OCPU Per Hour", commit),
                  oci("Compute - Standard - E5 - OCPU", "Node Per Hour", gigabyte),
                  oci("Compute - Standard - E5 - Memory", "Gigabyte Per Hour", gigabyte, "EUR"),
                  oci("Compute - GPU - A10", "GPU Per Hour", gigabyte)}));
    const auto* a1_row = found.of("VM.Standard.A1.Flex/4ocpu-16gb");
    REQUIRE(a1_row);
    CHECK(a1_row->usd_per_hour == doctest::Approx(0.064));
    CHECK(a1_row->vcpus == 4);
    // Two OCPUs of A2 are four cores.
    const auto* a2_row = found.of("VM.Standard.A2.Flex/2ocpu-16gb");
    REQUIRE(a2_row);
    CHECK(a2_row->usd_per_hour == doctest::Approx(0.06));
    CHECK(a2_row->vcpus == 4);
    CHECK(found.rows.size() == 8);
    for (const auto* said :
         {"no OCPU or memory of a standard shape", "its unit is \"Node Per Hour\"",
          "only dollars are", "none to pay as you go"}) {
        CAPTURE(said);
        CHECK(found.says(said));
    }
}

TEST_CASE("OpenCost from Prometheus' API: one price a type, two are named, nothing is averaged") {
    const auto reply = [](const std::vector<std::string>& series) {
        std::string text = R"({"status":"success","data":{"resultType":"vector","result":[)";
        for (std::size_t i = 0; i < series.size(); ++i) text += (i > 0 ? "," : "") + series[i];
        return text + R"(]},"warnings":["partial answer"]})";
    };
    const auto found = import_of(
        reply({node_cost("a", "m7g.xlarge", "0.1632"), node_cost("b", "m7g.xlarge", "1.632e-1"),
               node_cost("c", "m7i.xlarge", "0.2"), node_cost("d", "m7i.xlarge", "0.06"),
               node_cost("e", "m7a.xlarge", "NaN"), node_cost("f", "m7a.xlarge", "+Inf"),
               node_cost("g", "m7a.xlarge", "0"), node_cost("h", "unknown", "1")}));
    REQUIRE(found.rows.size() == 1);
    CHECK(found.rows[0].instance == "m7g.xlarge");
    CHECK(found.rows[0].usd_per_hour == 0.1632);
    CHECK(found.rows[0].provider == "aws");
    CHECK(found.rows[0].date == "2026-08-03");
    CHECK(found.says("two prices that nothing tells apart: m7i.xlarge in us-east-1"));
    CHECK(found.says("(node c)"));
    CHECK(found.says("(node d)"));
    CHECK(found.says("its value must be a number above 0"));
    CHECK(found.says("instance_type is missing"));
    CHECK(found.says("Prometheus warns: partial answer"));
    const auto failed = import_of(R"({"status":"error","errorType":"timeout","error":"too slow"})");
    CHECK(failed.rows.empty());
    CHECK(failed.says("Prometheus answered with an error: too slow"));
}

TEST_CASE("OpenCost's own page: labels with escapes, blanks and commas, with or without a time") {
    const auto found = import_of(
        "# HELP node_total_hourly_cost Total\n# TYPE node_total_hourly_cost gauge\n"
        "node_total_hourly_cost{ instance_type = \"m7g.large\", node=\"a\\\"b,}\", "
        "region=\"us-east-1\" , } 0.0816 1785715200000\r\n"
        "node_cpu_hourly_cost{node=\"a\"} 0.01\nnode_total_hourly_cost{node=\"x} 1\n"
        " \tnode_total_hourly_cost {instance_type=\"m7i.large\"}\t0.1 \t1785628800000 \t ");
    REQUIRE(found.of("m7g.large"));
    CHECK(found.of("m7g.large")->usd_per_hour == 0.0816);
    CHECK(found.of("m7g.large")->date == "2026-08-03");
    REQUIRE(found.of("m7i.large"));
    CHECK(found.of("m7i.large")->date == "2026-08-02");
    CHECK(found.says("it is no node_total_hourly_cost: list-0.json: line 4"));
    CHECK(found.says("it is no sample of Prometheus' text format: list-0.json: line 5"));
}

TEST_CASE("a price counts through the last second of the day, and not from the next day on") {
    const auto opencost = [](const std::string& milliseconds) {
        return "node_total_hourly_cost{instance_type=\"m7g.large\"} 0.1 " + milliseconds + "\n";
    };
    const auto of_azure = [](const char* field, const char* time) {
        return list("Items", {azure("Standard_D8s_v6", 0.4, {{field, time}})});
    };
    const auto* last = "2026-08-03T23:59:59Z";
    const auto* later = "2026-08-04T00:00:00Z";
    for (const auto& counts : {products({product("m7g.large", "0.1", {}, "Hrs", last)}),
                               list("SpotPriceHistory", {spot("us-east-1a", "0.1", last)}),
                               of_azure("effectiveStartDate", last),
                               of_azure("effectiveEndDate", last), opencost("1785801599000")}) {
        CAPTURE(counts);
        CHECK(import_of(counts, "2026-08-03").rows.size() == 1);
    }
    for (const auto& does_not :
         {products({product("m7g.large", "0.1", {}, "Hrs", later)}),
          list("SpotPriceHistory", {spot("us-east-1a", "0.1", later)}),
          of_azure("effectiveStartDate", later), opencost("1785801600000")}) {
        CAPTURE(does_not);
        CHECK(import_of(does_not, "2026-08-03").rows.empty());
    }
}

TEST_CASE("several values after one another, of several kinds, in one file") {
    const auto found =
        import_of(products({product("m7g.large", "0.0816")}) + "\n" +
                  list("Items", {azure("Standard_D8s_v6", 0.403)}) + "\n[" +
                  spot("us-east-1a", "0.03", "2026-07-20T10:00:00Z", "Linux/UNIX", "m7g.large") +
                  "]\n" + product("m7i.large", "0.1008") + "\n{\"other\": 1}\n[]\nnull");
    CHECK(found.rows.size() == 3);
    CHECK(found.of("m7g.large")->spot->usd_per_hour == 0.03);
    CHECK(found.of("m7i.large"));
    CHECK(found.says("it is of no kind that is read"));
}

TEST_CASE("a text that is cut off has its whole entries, and the cut is said by line") {
    const auto whole =
        list("Items", {azure("Standard_D8s_v6", 0.403), azure("Standard_D8ps_v6", 0.281),
                       azure("Standard_D8as_v6", 0.363)});
    const auto found = import_of(whole.substr(0, whole.rfind("Standard_D8as_v6") + 4));
    CHECK(found.rows.size() == 2);
    CHECK(found.says("list-0.json: line 1: the text ends within an entry"));
    for (std::size_t length = 0; length < whole.size(); length += 7)
        CHECK(import_of(whole.substr(0, length)).rows.size() <= 3);
}

TEST_CASE("what holds no prices has no rows and one sentence why") {
    const auto why = [](const std::string& text) {
        const auto found = import_of(text);
        CHECK(found.rows.empty());
        return found.notes;
    };
    CHECK(why("") == "list-0.json: is empty\n");
    CHECK(why(" \n") == "list-0.json: is empty\n");
    CHECK(why("hello") ==
          "list-0.json: line 1: must be JSON, as the tools print it with --output json, or "
          "OpenCost's page in Prometheus' text format\n");
    CHECK(why("instance,usd_per_hour\nx,1\n").find("give it to --prices") != std::string::npos);
    CHECK(why("{\"Items\": [}").find("line 1: is no JSON") != std::string::npos);
    CHECK(why("{\"Items\": ").find("line 1: the text ends within its first entry") !=
          std::string::npos);
    CHECK(why(std::string(100'000, '[')).find("the text ends within") != std::string::npos);
    CHECK(why("{\"Items\": []}").empty());
    CHECK(why("{\"Items\": [1, \"x\", null, {\"retailPrice\": {}}]}").find("left out") == 0);
}

TEST_CASE("times of all zones, and what is none") {
    CHECK(instant_of("1970-01-02") == 86'400);
    CHECK(instant_of("1970-02-01") == 31 * 86'400);
    CHECK(instant_of("0000-01-01") == -719'528LL * 86'400);
    CHECK(instant_of("1970-01-01T01:00:00+01:00") == 0);
    CHECK(instant_of("1970-01-01T01:00:00.123456+0100") == 0);
    CHECK(instant_of("1970-01-01t02:03:04,9z") == 7384);
    CHECK(instant_of("1970-01-01 02:03:04") == 7384);
    CHECK(instant_of("1969-12-31T19:00:00-05:00") == 0);
    CHECK(instant_of("1969-12-31T18:30:00-05:30") == 0);
    CHECK(instant_of("1970-01-01T05:45+05:45") == 0);
    CHECK(instant_of("1970-01-01T15:59+1559") == 0);
    CHECK(instant_of("1970-01-01T03+03") == std::nullopt);
    CHECK(instant_of("1970-01-01T03:00+03") == 0);
    CHECK(instant_of("1970-01-01T00:30Z") == 1800);
    CHECK(instant_of("1970-01-01T24:00:60Z") == 86'460);
    CHECK(instant_of(std::string_view{"1970-01-01T00:30:59"}.substr(0, 16)) == 1800);
    for (const auto* wrong : {"",
                              "1970",
                              "x970-01-01",
                              "1970-13-01",
                              "1970-04-31",
                              "1970-1x-01",
                              "1970-x1-01",
                              "1970-01-x1",
                              "1970-01-0",
                              "1970x01-01",
                              "1970-01x01",
                              "1970-01-01x",
                              "1970-01-01x00:00",
                              "1970-01-01T00x00",
                              "1970-01-01T25:00:00Z",
                              "1970-01-01T-1:00",
                              "1970-01-01T00:-1",
                              "1970-01-01T00:60",
                              "1970-01-01T00:00:61",
                              "1970-01-01T00:00:-1",
                              "1970-01-01T00:00:00X",
                              "1970-01-01T00:00:00+1",
                              "1970-01-01T00:00+-1",
                              "1970-01-01T00:00+16",
                              "1970-01-01T00:00+01:60",
                              "1970-01-01T00:00+0160",
                              "1970-01-01T00:00+01:-1",
                              "1970-01-01T00:00+01:",
                              "1970-01-01T00:00+01:000",
                              "1970-01-01T00:00+01000",
                              "1970-01-01T00:00:00Zx"}) {
        CAPTURE(wrong);
        CHECK_FALSE(instant_of(wrong));
    }
    CHECK(day_of(0) == "1970-01-01");
    CHECK(day_of(86'400 - 1) == "1970-01-01");
    CHECK(day_of(86'400) == "1970-01-02");
    CHECK(day_of(-1) == "1969-12-31");
    CHECK(day_of(-86'400) == "1969-12-31");
    CHECK(day_of(-86'401) == "1969-12-30");
}

TEST_CASE("a price for any unit of time becomes one for an hour") {
    CHECK(per_hour(1, "Hrs") == 1);
    CHECK(per_hour(100, "100 Hours") == 1);
    CHECK(per_hour(1, "  0.5 h") == 2);
    CHECK(per_hour(1, "1 Second") == 3600);
    CHECK(per_hour(2, "4 sec") == 1800);
    CHECK(per_hour(3, "2 min") == 90);
    CHECK(per_hour(48, "2 days") == 1);
    CHECK(per_hour(730, "1/Month") == 1);
    CHECK(per_hour(1460, "2 mo") == 1);
    for (const auto* none : {"Quantity", "1 GB/Month", "0 Hours", "-1 Hours", "", "1"}) {
        CAPTURE(none);
        CHECK_FALSE(per_hour(1, none));
    }
}

TEST_CASE("values of JSON follow one another, each with its line and its own text") {
    const auto parts = parts_of("\n 12 true\n\"a]\\\"}\"{\"b\":\n[1]},\x1e[2]");
    CHECK(parts.problem.empty());
    REQUIRE(parts.parts.size() == 5);
    const std::vector<std::pair<std::string, std::size_t>> wanted{
        {"12", 2}, {"true", 2}, {"\"a]\\\"}\"", 3}, {"{\"b\":\n[1]}", 3}, {"[2]", 4}};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        CHECK(parts.parts[i].text == wanted[i].first);
        CHECK(parts.parts[i].line == wanted[i].second);
        CHECK_FALSE(parts.parts[i].cut);
        CHECK(parts.parts[i].value == json::parse(wanted[i].first));
    }
    CHECK(parts_of("").parts.empty());
    CHECK(parts_of(" ,\n").problem.empty());
}

TEST_CASE("of a value that is cut off the entries before the cut are read") {
    const auto of = [](std::string_view text) {
        const auto parts = parts_of(text);
        if (parts.parts.empty()) return parts.problem;
        CHECK(parts.parts.back().cut);
        CHECK(parts.parts.back().text.empty());
        return json::serialize(parts.parts.back().value);
    };
    CHECK(of(R"({"x": {"y": [{"a": 1}, {"b": [2]}, {"c": [3], )") ==
          R"({"x":{"y":[{"a":1},{"b":[2]}]}})");
    CHECK(of(R"([{"a": 1}, {"b)") == R"([{"a":1}])");
    CHECK(of(R"(["a", "b)") == R"(["a"])");
    CHECK(of(R"(["a)") == "line 1: the text ends within its first entry");
    CHECK(of("\n\n\"a") == "line 3: the text ends within its first entry");
    CHECK(of("\n{]") == "line 2: is no JSON: \"{\"");
    CHECK(of("}") == "line 1: is no JSON: \"\"");
    CHECK(of(std::string_view{"[1]"}.substr(0, 2)) ==
          "line 1: the text ends within its first entry");
    CHECK(of("nul") == "line 1: is no JSON: \"nul\"");
}

TEST_CASE("the lines of a list's entries are those on which they begin") {
    using lines = std::vector<std::size_t>;
    CHECK(lines_of_entries("[\n1,\n\n2, 3]", 0, 3) == lines{2, 4, 4});
    CHECK(lines_of_entries("{\"a\": [\n1],\n\"b\": [2,\n3]}", 1, 2) == lines{3, 4});
    CHECK(lines_of_entries("[\"a]\\\"\",\n{\"b\": [1,\n2]},\n[\"c\"]]", 0, 3) == lines{1, 2, 4});
    CHECK(lines_of_entries("[[1,\n2],[3]]", 1, 1) == lines{2});
    CHECK(lines_of_entries("[]", 0, 0).empty());
    CHECK(lines_of_entries("[1]", 0, 2).empty());
    CHECK(lines_of_entries("{\"a\": {\"b\": 1,\n\"c\": 2}}", 1, 2).empty());
}

TEST_CASE("a number may be text, and text may be no number") {
    const auto of = [](const json::value& value) { return number_of(&value); };
    CHECK(of(2.5) == 2.5);
    CHECK(of("2.5") == 2.5);
    for (const json::value& none : {json::value("2.5x"), json::value(""), json::value(true)})
        CHECK(std::isnan(of(none)));
    CHECK(std::isnan(number_of(nullptr)));
}

namespace {

json::object priced(const std::string& dollars, const json::value& begin,
                    const std::string& currency = "USD") {
    return {{"unit", "Hrs"}, {"beginRange", begin}, {"pricePerUnit", {{currency, dollars}}}};
}

/// An entry of get-products with these terms on demand in place of its own.
std::string with_terms(const json::value& terms, const std::string& instance = "m7g.large") {
    auto entry = json::parse(product(instance, "1"));
    entry.as_object()["terms"].as_object()["OnDemand"] = terms;
    return json::serialize(entry);
}

json::object term(const std::string& since, const json::value& dimensions) {
    return {{"effectiveDate", since}, {"priceDimensions", dimensions}};
}

}  // namespace

TEST_CASE("aws pricing get-products: the first tier that costs something of the newest term") {
    const auto dollars_of = [](const json::value& terms) {
        const auto found = import_of(products({with_terms(terms)}));
        return found.rows.empty() ? 0 : found.rows[0].usd_per_hour;
    };
    const auto* since = "2026-07-01";
    const json::object tiers{
        {"a", priced("0.3", "1000")}, {"b", priced("0", "0")}, {"c", priced("0.2", "10")}};
    CHECK(dollars_of({{"t", term(since, tiers)}}) == 0.2);
    const json::object unsaid{{"a", priced("0.3", "10")}, {"b", priced("0.2", nullptr)}};
    CHECK(dollars_of({{"t", term(since, unsaid)}}) == 0.2);
    const auto one = [](const char* dollars) { return json::object{{"a", priced(dollars, 0)}}; };
    CHECK(dollars_of({{"t", term("2026-06-01", one("0.1"))},
                      {"u", term("2026-07-01", one("0.2"))},
                      {"v", term("2026-05-01", one("0.3"))},
                      {"w", term("2026-09-01", one("0.4"))},
                      {"x", term("2026-07-02", one("0"))}}) == 0.2);
    CHECK(dollars_of({{"t", term(since, one("0.1"))}, {"u", term(since, one("0.2"))}}) == 0.1);
    const auto why = [](const json::value& terms) {
        const auto found = import_of(products({with_terms(terms)}));
        CHECK(found.rows.empty());
        return found.notes;
    };
    const auto is = [](const std::string& reason) {
        return "left out 1 entry: " + reason + ": list-0.json: line 1, /PriceList/0\n";
    };
    CHECK(why(json::object{}) == is("it has no price on demand"));
    CHECK(why(nullptr) == is("it has no price on demand"));
    CHECK(why({{"t", term(since, nullptr)}}) == is("its term has no priceDimensions"));
    CHECK(why({{"t", {{"effectiveDate", since}}}}) == is("its term has no priceDimensions"));
    CHECK(why({{"t", term(since, one("-0.1"))}}) == is("pricePerUnit is no price"));
    CHECK(why({{"t", term(since, {{"a", {{"unit", "Hrs"}}}})}}) ==
          is("its price is in no currency, and only dollars are ranked"));
    CHECK(why({{"t", term(since, {{"a", {{"pricePerUnit", json::object{}}}}})}}) ==
          is("its price is in no currency, and only dollars are ranked"));
    CHECK(why({{"t", term(since, {{"a", {{"pricePerUnit", "1"}}}})}}) ==
          is("its price is in no currency, and only dollars are ranked"));
}

TEST_CASE("aws pricing get-products: the shape is the list's, and else what is known") {
    const auto row_of = [](const json::object& attributes, const std::string& instance) {
        const auto found = import_of(products({product(instance, "0.1", attributes)}));
        REQUIRE(found.rows.size() == 1);
        return found.rows[0];
    };
    CHECK(row_of({{"physicalProcessor", "Intel Xeon"}}, "z9.large").architecture == "amd64");
    CHECK(row_of({{"physicalProcessor", "AMD EPYC"}}, "z9.large").architecture == "amd64");
    CHECK(row_of({{"physicalProcessor", "AWS Graviton4"}}, "z9.large").architecture == "arm64");
    CHECK(row_of({{"physicalProcessor", "other"}}, "z9.large").architecture.empty());
    CHECK(row_of({{"physicalProcessor", "other"}}, "m7i.large").architecture == "amd64");
    CHECK(row_of({{"physicalProcessor", "other"}}, "m7i.99xlarge").threads_per_core == 2);
    CHECK(row_of({{"memory", "1,952 GiB"}}, "z9.large").memory_gib == 1952);
    CHECK(row_of({{"memory", "1952 MiB"}}, "z9.large").memory_gib == 0);
    CHECK(row_of({{"memory", "much GiB"}}, "z9.large").memory_gib == 0);
    CHECK(row_of({{"vcpu", "1"}}, "z9.large").vcpus == 1);
    CHECK(row_of({{"vcpu", "1000000"}}, "z9.large").vcpus == 1'000'000);
    CHECK(row_of({{"vcpu", "1000001"}}, "z9.large").vcpus == 0);
    CHECK(row_of({{"vcpu", "0.5"}}, "z9.large").vcpus == 0);
    CHECK(row_of({{"vcpu", "NaN"}}, "z9.large").vcpus == 0);
    CHECK(row_of({{"regionCode", nullptr}, {"location", "Ohio"}}, "z9.large").region == "Ohio");
    const auto found = import_of(
        products({product("", "0.1"), product("m7g.large", "0.1", {{"regionCode", nullptr}}),
                  product("m7i.large", "0.1", {{"licenseModel", "No License required"}}),
                  product("m7a.large", "0.1", {{"licenseModel", "Bring your own"}})}));
    CHECK(found.rows.size() == 1);
    CHECK(found.says("left out 2 entries: instanceType or regionCode is missing"));
    CHECK(found.says("licenseModel is Bring your own, not No License required"));

    auto entry = json::parse(product("m7g.large", "0.1"));
    entry.as_object().erase("publicationDate");
    CHECK(import_of(products({json::serialize(entry)})).rows.at(0).date == "2026-08-03");
    entry.at("product").as_object()["productFamily"] = "Compute Instance (bare metal)";
    CHECK(import_of(products({json::serialize(entry)})).rows.size() == 1);
    entry.at("product").as_object()["productFamily"] = "Storage";
    CHECK(import_of(products({json::serialize(entry)})).says("it is no instance but \"Storage\""));
    entry.at("product").as_object().erase("productFamily");
    CHECK(import_of(products({json::serialize(entry)})).says("instance but \"nothing said\""));
}

TEST_CASE("spot history: zones of a city, times in seconds, and what is missing") {
    const auto rows_of = [](const std::string& zone, const json::value& time) {
        auto entry = json::parse(spot(zone, "0.07", ""));
        entry.as_object()["Timestamp"] = time;
        return import_of(list("SpotPriceHistory", {json::serialize(entry)})).rows;
    };
    CHECK(rows_of("us-west-2-lax-1a", "2026-07-20").at(0).region == "us-west-2-lax-1");
    CHECK(rows_of("zone", "2026-07-20").at(0).region == "zone");
    CHECK(rows_of("us-east-1a", 1'784'505'600.5).at(0).spot->date == "2026-07-20");
    CHECK(rows_of("us-east-1a", 1).at(0).spot->date == "1970-01-01");
    CHECK(rows_of("us-east-1a", 0).empty());
    CHECK(rows_of("us-east-1a", -5).empty());
    CHECK(rows_of("us-east-1a", 1e11).empty());
    CHECK(rows_of("us-east-1a", 1e30).empty());
    CHECK(import_of(R"({"ProductDescription": "Linux/UNIX", "InstanceType": "m7g.large",
        "AvailabilityZone": "us-east-1a", "SpotPrice": "1", "Timestamp": 1e11})")
              .says("Timestamp must be a time such as"));
    CHECK(rows_of("", "2026-07-20").empty());
    const auto found = import_of(
        list("SpotPriceHistory",
             {spot("us-east-1a", "0.07", "2026-07-20T10:00:00Z", "Linux/UNIX (Amazon VPC)"),
              spot("us-east-1a", "0.08", "2026-07-19T10:00:00Z"),
              spot("us-east-1a", "0.08", "2026-07-20T10:00:00Z", ""),
              spot("us-east-1a", "0.08", "2026-07-20T10:00:00Z", "Linux/UNIX", ""),
              spot("us-east-1a", "-0.1", "2026-07-20T10:00:00Z"),
              spot("us-east-1a", "cheap", "2026-07-20T10:00:00Z")}));
    REQUIRE(found.rows.size() == 1);
    // Two products of one zone; the older says how fresh the row is.
    CHECK(found.rows[0].spot->low == 0.07);
    CHECK(found.rows[0].spot->high == 0.08);
    CHECK(found.rows[0].spot->date == "2026-07-19");
    CHECK(found.rows[0].source == "aws ec2 describe-spot-price-history: list-0.json");
    CHECK(found.rows[0].architecture == "arm64");
    CHECK(found.rows[0].vcpus == 4);
    CHECK(found.says("ProductDescription is not said, not Linux/UNIX"));
    CHECK(found.says("InstanceType or AvailabilityZone is missing"));
    CHECK(found.says("left out 2 entries: SpotPrice must be a number above 0"));
}

TEST_CASE("two spot prices of one zone and time that differ are both named, and neither counts") {
    const auto found = import_of(
        list("SpotPriceHistory", {spot("us-east-1a", "0.07", "2026-07-20T10:00:00Z"),
                                  spot("us-east-1a", "0.0812345678", "2026-07-20T10:00:00Z"),
                                  spot("us-east-1b", "0.09", "2026-07-20T10:00:00Z")}));
    REQUIRE(found.rows.size() == 1);
    CHECK(found.rows[0].spot->usd_per_hour == 0.09);
    CHECK(found.notes ==
          "left out 1 entry: two prices that nothing tells apart: spot of m7g.xlarge in us-east-1 "
          "in us-east-1a: list-0.json: line 2, /SpotPriceHistory/0 ($0.0700000) and list-0.json: "
          "line 3, /SpotPriceHistory/1 ($0.0812346)\n");
}

TEST_CASE("prices on demand and on spot of one source name it once, of two both") {
    const auto both =
        import_of(list("Items", {azure("Standard_D8s_v6", 0.403),
                                 azure("Standard_D8s_v6", 0.09, {{"meterName", "D8s v6 Spot"}})}));
    CHECK(both.rows.at(0).source == "Azure retail price API: list-0.json");
    CHECK(both.rows.at(0).spot->usd_per_hour == 0.09);
    const auto two = import_of(
        {products({product("m7g.large", "0.1")}),
         list("SpotPriceHistory",
              {spot("us-east-1a", "0.07", "2026-07-20T10:00:00Z", "Linux/UNIX", "m7g.large")})});
    CHECK(two.rows.at(0).source ==
          "aws pricing get-products: list-0.json; aws ec2 describe-spot-price-history: "
          "list-1.json");
}

TEST_CASE("Azure: every field that decides is named where it does not fit") {
    const auto why = [](const json::object& fields, double dollars = 0.4) {
        const auto found = import_of(list("Items", {azure("Standard_D8s_v6", dollars, fields)}));
        CHECK(found.rows.empty());
        const auto reason = found.notes.substr(std::string{"left out 1 entry: "}.size());
        return reason.substr(0, reason.find(": list-0"));
    };
    CHECK(why({{"serviceName", "Storage"}}) == "it is no virtual machine but \"Storage\"");
    CHECK(why({{"serviceName", nullptr}}) == "it is no virtual machine but \"nothing said\"");
    CHECK(why({{"type", nullptr}}) == "type is not said, not Consumption");
    CHECK(why({{"productName", "Dsv6 Dedicated Host"}}) ==
          "productName is Dsv6 Dedicated Host, which is no shared virtual machine");
    CHECK(why({{"productName", "Dsv6 Cloud Services"}}) ==
          "productName is Dsv6 Cloud Services, which is no shared virtual machine");
    CHECK(why({{"meterName", "D8s Low Priority"}}) ==
          "it is of low priority, which is neither on demand nor spot");
    CHECK(why({{"currencyCode", nullptr}}) ==
          "its price is in no currency, and only dollars are ranked");
    CHECK(why({{"armSkuName", ""}}) == "armSkuName or armRegionName is missing");
    CHECK(why({{"armRegionName", ""}}) == "armSkuName or armRegionName is missing");
    CHECK(why({}, -0.4) == "retailPrice must be a number above 0");
    CHECK(why({{"retailPrice", "dear"}}) == "retailPrice must be a number above 0");
}

TEST_CASE("Google Cloud: the newest price that holds already, of cores and of memory alike") {
    const auto of = [](const std::string& core, const std::string& memory) {
        return import_of(list("skus", {core, memory}));
    };
    const auto* core_name = "N4A Arm Instance Core running in Iowa";
    const auto* memory_name = "N4A Arm Instance Ram running in Iowa";
    const auto memory = sku(memory_name, {tier(0, "0", 1000000)}, "OnDemand", "GiBy.h");
    const auto gigabytes = sku(memory_name, {tier(0, "0", 1000000)}, "OnDemand", "GBy.h");
    const auto core = sku(core_name, {tier(0, "0", 20000000)});
    const auto dollars_of = [&](const std::string& a, const std::string& b) {
        const auto found = of(a, b);
        const auto* row = found.of("n4a-standard-8");
        return row ? row->usd_per_hour : 0;
    };
    CHECK(dollars_of(core, memory) == doctest::Approx(8 * 0.02 + 32 * 0.001));
    CHECK(dollars_of(core, gigabytes) == doctest::Approx(8 * 0.02 + 32 * 0.001073741824));
    // Whole dollars and billionths; the first tier that costs something, in any order.
    const auto tiers = sku(core_name, {tier(9, "3", 0), tier(5, "2", 500000000), tier(7, "4", 0),
                                       tier(5, "6", 0), tier(0, "0", 0)});
    CHECK(dollars_of(tiers, memory) == doctest::Approx(8 * 2.5 + 32 * 0.001));

    auto changing = json::parse(core);
    auto& pricings = changing.as_object()["pricingInfo"].as_array();
    const auto pricing = [](const char* since, int nanos) {
        return json::parse(sku("x", {tier(0, "0", nanos)}, "OnDemand", "h", since))
            .at("pricingInfo")
            .at(0);
    };
    pricings = {
        pricing("2026-07-01T00:00:00Z", 30000000), pricing("2026-07-02T00:00:00Z", 35000000),
        pricing("2026-07-02T00:00:00Z", 40000000), pricing("2026-06-01T00:00:00Z", 50000000),
        pricing("2026-08-04T00:00:00Z", 60000000)};
    CHECK(dollars_of(json::serialize(changing), memory) == doctest::Approx(8 * 0.04 + 32 * 0.001));
    pricings = {pricing("2026-08-03T23:59:59Z", 30000000)};
    CHECK(dollars_of(json::serialize(changing), memory) == doctest::Approx(8 * 0.03 + 32 * 0.001));
    pricings = {pricing("2026-08-04T00:00:00Z", 30000000)};
    CHECK(of(json::serialize(changing), memory).says("or one that holds only from a later day on"));

    // The newest of two SKUs counts; of two that are equally new and differ, none.
    const auto newer =
        sku(core_name, {tier(0, "0", 10000000)}, "OnDemand", "h", "2026-08-01T00:00:00Z");
    const auto two = import_of(list("skus", {newer, core, memory}));
    REQUIRE(two.of("n4a-standard-8"));
    CHECK(two.of("n4a-standard-8")->usd_per_hour == doctest::Approx(8 * 0.01 + 32 * 0.001));
    CHECK(two.of("n4a-standard-8")->date == "2026-08-03");
    const auto unclear =
        import_of(list("skus", {core, sku(core_name, {tier(0, "0", 30000000)}), memory}));
    CHECK(unclear.rows.empty());
    CHECK(unclear.notes ==
          "left out 1 entry: two prices that nothing tells apart: a core of n4a in us-central1: "
          "list-0.json: line 2, /skus/0 and list-0.json: line 3, /skus/1\n");
    CHECK(import_of(list("skus", {core, core, memory})).of("n4a-standard-8"));
    CHECK(of(core, memory).notes.empty());
}

TEST_CASE("Google Cloud: what is missing or strange is named, and the rest counts") {
    const auto* core_name = "N4A Arm Instance Core running in Iowa";
    const auto why = [](const std::string& entry) {
        const auto found = import_of(list("skus", {entry}));
        CHECK(found.rows.empty());
        const auto reason = found.notes.substr(std::string{"left out 1 entry: "}.size());
        return reason.substr(0, reason.find(": list-0"));
    };
    CHECK(why(sku(core_name, {tier(0, "0", 1)})) == "the price of its memory is missing");
    CHECK(why(sku("N4A Arm Instance Ram running in Iowa", {tier(0, "0", 1)}, "OnDemand",
                  "GiBy.mo")) == "the price of its cores is missing");
    CHECK(why(sku("N4A Arm Instance Ram running in Iowa", {tier(0, "0", 1)}, "OnDemand", "GiBy")) ==
          "its unit is \"GiBy\", which is no GiB for a time");
    CHECK(why(sku("N4A Arm Instance Ram running in Iowa", {tier(0, "0", 1)}, "OnDemand",
                  "TiBy.h")) == "its unit is \"TiBy.h\", which is no GiB for a time");
    CHECK(why(sku(core_name, {tier(0, "-1", 0)})) == "units and nanos are no price");
    CHECK(why(sku(core_name, {tier(0, "many", 0)})) == "units and nanos are no price");
    CHECK(why(sku(core_name, {tier(0, "1", 0, "")})) ==
          "its price is in no currency, and only dollars are ranked");
    CHECK(why(sku(core_name, {json::object{{"startUsageAmount", 0}}})) == "unitPrice is missing");
    CHECK(why(sku(core_name, {json::object{{"unitPrice", 1}}})) == "unitPrice is missing");
    CHECK(why(sku(core_name, {tier(0, "1", 0)}, "Preemptible")) ==
          "usageType is Preemptible, not OnDemand");
    CHECK(why(sku(core_name, {tier(0, "1", 0)}, "")) == "usageType is not said, not OnDemand");
    const std::string long_name{std::string{core_name} +
                                std::string(300 - std::string_view{core_name}.size(), 'x')};
    CHECK(why(sku(long_name, {tier(0, "1", 0)})) == "the price of its memory is missing");
    CHECK(why(sku(long_name + 'x', {tier(0, "1", 0)})) ==
          "it is no core or memory of a predefined machine");
    auto entry = json::parse(sku(core_name, {tier(0, "1", 0)}));
    entry.as_object()["serviceRegions"] = {1, "us-west1"};
    CHECK(import_of(list("skus", {json::serialize(entry)})).says("(n4a in us-west1)"));
    for (const json::value& regions : {json::value(json::array{}), json::value("x")}) {
        entry.as_object()["serviceRegions"] = regions;
        CHECK(why(json::serialize(entry)) == "serviceRegions is missing");
    }
    entry.as_object().erase("serviceRegions");
    CHECK(why(json::serialize(entry)) == "serviceRegions is missing");
    auto& pricing = entry.as_object()["pricingInfo"].as_array()[0].as_object();
    pricing["pricingExpression"].as_object()["tieredRates"] = 1;
    CHECK(why(json::serialize(entry)) == "pricingExpression.tieredRates is missing");
    pricing.erase("pricingExpression");
    CHECK(why(json::serialize(entry)) == "pricingExpression.tieredRates is missing");
    entry.as_object()["pricingInfo"] = "x";
    CHECK(why(json::serialize(entry)) ==
          "it has no price, or one that holds only from a later day on");
    entry.as_object().erase("pricingInfo");
    CHECK(why(json::serialize(entry)) ==
          "it has no price, or one that holds only from a later day on");
}

TEST_CASE("Oracle Cloud: what is missing, twice or strange is named") {
    const auto paid = [](double value, double from = 0) {
        return json::object{{"model", "PAY_AS_YOU_GO"}, {"rangeMin", from}, {"value", value}};
    };
    const auto* core = "Compute - Standard - A2 - OCPU";
    const auto* memory = "Compute - Standard - A2 - Memory";
    const auto cores = [&](const json::array& prices) { return oci(core, "OCPU Hours", prices); };
    const auto gigabytes = oci(memory, "Gigabyte Per Hour", {paid(0.002)});
    const auto notes_of_list = [](const std::vector<std::string>& entries) {
        const auto found = import_of(list("items", entries));
        CHECK(found.rows.empty());
        return found.notes;
    };
    const auto found =
        import_of(list("items", {cores({paid(0.03, 20),
                                        paid(0.02, 10),
                                        paid(0.04, 15),
                                        paid(0.05, 10),
                                        paid(0),
                                        {{"model", "MONTHLY_COMMIT"}, {"value", 0.001}}}),
                                 cores({paid(0.02)}), gigabytes}));
    REQUIRE(found.of("VM.Standard.A2.Flex/2ocpu-16gb"));
    CHECK(found.of("VM.Standard.A2.Flex/2ocpu-16gb")->usd_per_hour ==
          doctest::Approx(2 * 0.02 + 16 * 0.002));
    CHECK(found.rows[0].date == "2026-08-03");
    CHECK(found.rows[0].region == "all");
    CHECK(notes_of_list({cores({paid(0.02)}), cores({paid(0.03)}), gigabytes}) ==
          "left out 1 entry: two prices that nothing tells apart: an OCPU of A2: list-0.json: "
          "line 2, /items/0 and list-0.json: line 3, /items/1\n");
    CHECK(notes_of_list({cores({paid(0.02)})}) ==
          "left out 1 entry: the price of its memory is missing: list-0.json: line 2, /items/0 "
          "(A2)\n");
    CHECK(notes_of_list({gigabytes}) ==
          "left out 1 entry: the price of its OCPUs is missing: list-0.json: line 2, /items/0 "
          "(A2)\n");
    CHECK(notes_of_list({cores({paid(-1), paid(0)})})
              .find("its price is 0, or none to pay as you go") != std::string::npos);
    CHECK(notes_of_list({oci(memory, "OCPU Per Hour", {paid(1)})})
              .find("its unit is \"OCPU Per Hour\", not Gigabyte Per Hour") != std::string::npos);
    CHECK(notes_of_list({oci(core, "Gigabyte Per Hour", {paid(1)})})
              .find("its unit is \"Gigabyte Per Hour\", not OCPU Per Hour") != std::string::npos);
    CHECK(notes_of_list({oci("Compute - Standard - Z9 - OCPU", "OCPU Per Hour", {paid(1)}),
                         oci("Compute - Standard - Z9 - Memory", "Gigabyte Per Hour", {paid(1)})})
              .find("no shape of its family is in the built-in table: list-0.json: line 2, "
                    "/items/0 (Z9)") != std::string::npos);
    const auto named = [&](std::size_t letters) {
        const std::string rest = " - Compute - Standard - A2 - OCPU";
        return oci('O' + std::string(letters - rest.size() - 1, 'x') + rest, "OCPU Hours",
                   {paid(0.02)});
    };
    CHECK(notes_of_list({named(300)}).find("memory is missing") != std::string::npos);
    CHECK(notes_of_list({named(301)}).find("no OCPU or memory") != std::string::npos);
    auto entry = json::parse(gigabytes);
    for (const json::value& none : {json::value(1), json::value(nullptr)}) {
        entry.as_object()["currencyCodeLocalizations"] = none;
        CHECK(
            notes_of_list({json::serialize(entry)}).find("currencyCodeLocalizations is missing") !=
            std::string::npos);
    }
    for (const json::value& none : {json::value(1), json::value(nullptr)}) {
        entry.as_object()["currencyCodeLocalizations"] =
            json::array{{{"currencyCode", "USD"}, {"prices", none}}};
        CHECK(notes_of_list({json::serialize(entry)}).find("only dollars are") !=
              std::string::npos);
    }
    entry.as_object().erase("currencyCodeLocalizations");
    CHECK(notes_of_list({json::serialize(entry)}).find("currencyCodeLocalizations is missing") !=
          std::string::npos);
}

TEST_CASE("OpenCost: the cloud of a node, its architecture and the newest value of a range") {
    const auto row_of = [](const json::object& labels, const json::object& fields = {}) {
        auto entry = json::parse(node_cost("a", "z9.large", "0.5"));
        for (const auto& [name, value] : labels) entry.at("metric").as_object()[name] = value;
        if (!fields.empty()) entry.as_object().erase("value");
        for (const auto& [name, value] : fields) entry.as_object()[name] = value;
        const auto rows = import_of("[" + json::serialize(entry) + "]").rows;
        return rows.empty() ? price{} : rows[0];
    };
    for (const auto& [id, cloud] :
         {std::pair{"aws:///us-east-1a/i-1", "aws"}, std::pair{"i-0123", "aws"},
          std::pair{"azure:///subscriptions/x", "azure"}, std::pair{"gce://x", "gcp"},
          std::pair{"ocid1.instance", "oci"}, std::pair{"oci://x", "oci"}, std::pair{"kind", ""}}) {
        CAPTURE(id);
        CHECK(row_of({{"provider_id", id}}).provider == cloud);
    }
    CHECK(row_of({{"provider_id", nullptr}, {"arch", "amd64"}}).architecture == "amd64");
    CHECK(row_of({{"arch", "arm64"}}).architecture == "arm64");
    CHECK(row_of({{"arch", "riscv64"}}).architecture.empty());
    CHECK(row_of({{"__name__", "node_cpu_hourly_cost"}}).instance.empty());
    const json::array samples{{1, "0.1"}, {86'400, "0.2"}};
    CHECK(row_of({}, {{"values", samples}}).usd_per_hour == 0.2);
    CHECK(row_of({}, {{"values", samples}}).date == "1970-01-02");
    CHECK(row_of({}, {{"values", samples}, {"value", {1, "0.3"}}}).usd_per_hour == 0.3);
    CHECK(row_of({}, {{"value", {0, "0.3"}}}).date == "2026-08-03");
    CHECK(row_of({}, {{"value", {1, "0.3"}}}).date == "1970-01-01");
    CHECK(row_of({}, {{"value", {-1, "0.3"}}}).date == "2026-08-03");
    CHECK(row_of({}, {{"value", {1e11, "0.3"}}}).date == "2026-08-03");
    CHECK(row_of({}, {{"value", {"never", "0.3"}}}).date == "2026-08-03");
    for (const json::value& none :
         {json::value("0.3"), json::value({1}), json::value({1, "0.3", 2})}) {
        CAPTURE(none);
        CHECK(row_of({}, {{"value", none}}).instance.empty());
    }
    for (const json::value& none : {json::value(json::array{}), json::value(1)})
        CHECK(row_of({}, {{"values", none}}).instance.empty());
}

TEST_CASE("OpenCost's own page: what is no sample is named by its line") {
    const auto sample = [](const std::string& text) {
        return import_of("# page\n\n" + text + "\n");
    };
    for (const auto* text :
         {"node_total_hourly_cost", "{instance_type=\"x\"} 1",
          "node_total_hourly_cost{instance_type} 1", "node_total_hourly_cost{instance_type=x} 1",
          "node_total_hourly_cost{instance_type=\"x\\",
          "node_total_hourly_cost{instance_type=\"x\"",
          "node_total_hourly_cost{instance_type=\"x\","}) {
        CAPTURE(text);
        CHECK(sample(text).notes ==
              "left out 1 entry: it is no sample of Prometheus' text format: list-0.json: line "
              "3\n");
    }
    CHECK(sample("node_total_hourly_cost{} 1").says("instance_type is missing"));
    CHECK(sample("node_total_hourly_cost 1").says("instance_type is missing"));
    CHECK(sample("node_total_hourly_cost{instance_type=\"x\\n\\\\y\"} 1").of("x\n\\y"));
    const auto day_of_time = [&](const std::string& time) {
        return sample("node_total_hourly_cost{instance_type=\"x\"} 1 " + time).rows.at(0).date;
    };
    CHECK(day_of_time("86400000") == "1970-01-02");
    CHECK(day_of_time("86399999") == "1970-01-01");
    for (const auto* none : {"0", "-86400000", "100000000000000", "soon"})
        CHECK(day_of_time(none) == "2026-08-03");
}

TEST_CASE("the first three places of a reason are named, and others counted") {
    const auto notes = [](std::size_t count) {
        return import_of(list("Items", std::vector<std::string>(count, "{}"))).notes;
    };
    CHECK(notes(1) ==
          "left out 1 entry: it is of no kind that is read: list-0.json: line 2, /Items/0\n");
    CHECK(notes(3) ==
          "left out 3 entries: it is of no kind that is read: list-0.json: line 2, /Items/0, "
          "list-0.json: line 3, /Items/1, list-0.json: line 4, /Items/2\n");
    CHECK(notes(4) ==
          "left out 4 entries: it is of no kind that is read: list-0.json: line 2, /Items/0, "
          "list-0.json: line 3, /Items/1, list-0.json: line 4, /Items/2 and others\n");
}

TEST_CASE("an entry counts by the fields that it has, and a text by how it begins") {
    const auto why = [](const std::string& text) {
        const auto found = import_of(text);
        CHECK(found.rows.empty());
        return found.notes;
    };
    CHECK(why("{\"skuId\": \"x\"}").find("no core or memory") != std::string::npos);
    CHECK(why("{\"pricingInfo\": []}").find("no core or memory") != std::string::npos);
    CHECK(why("{\"armSkuName\": \"x\"}").find("no virtual machine") != std::string::npos);
    CHECK(why("{\"product\": 1}").find("of no kind") != std::string::npos);
    CHECK(why("{\"terms\": 1}").find("of no kind") != std::string::npos);
    CHECK(why("[\"[]\"]") ==
          "left out 1 entry: it is text that holds no product: list-0.json: line 1, /0\n");
    CHECK(why("{\"data\": {\"result\": 1}}").find("of no kind") != std::string::npos);
    CHECK(why("{\"Items\": 1}").find("of no kind") != std::string::npos);
    CHECK(why("\n\n7") ==
          "list-0.json: line 1: must be JSON, as the tools print it with --output json, or "
          "OpenCost's page in Prometheus' text format\n");
    CHECK(why("\n\n[\n{}]") ==
          "left out 1 entry: it is of no kind that is read: list-0.json: line 4, /0\n");
    CHECK(why("provider,x\n").find("is a price table already") != std::string::npos);
    CHECK(why(std::string(399, 'x') + "usd_per_hour").find("price table") != std::string::npos);
    CHECK(why(std::string(400, 'x') + "usd_per_hour").find("must be JSON") != std::string::npos);
    CHECK(why("{\"warnings\": [1, \"slow\"]}").find("Prometheus warns: slow") != std::string::npos);
}
