// Replies as the clouds' tools print them, made up here: each field that decides is varied.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

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
    const auto known = price_table::built_in();
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

TEST_CASE("times of all zones, and units of time") {
    CHECK(instant_of("1970-01-02") == 86'400);
    CHECK(instant_of("1970-01-01T01:00:00+01:00") == 0);
    CHECK(instant_of("1970-01-01T01:00:00.123456+0100") == 0);
    CHECK(instant_of("1969-12-31T19:00:00-05:00") == 0);
    CHECK(instant_of("1970-01-01T00:30Z") == 1800);
    for (const auto* wrong :
         {"", "1970", "1970-13-01", "1970-01-01T25:00:00Z", "1970-01-01T00:00:00X",
          "1970-01-01T00:00:00+1", "1970-01-01T00:00:00Zx"}) {
        CAPTURE(wrong);
        CHECK_FALSE(instant_of(wrong));
    }
    CHECK(day_of(86'400 - 1) == "1970-01-01");
    CHECK(day_of(-1) == "1969-12-31");
    CHECK(per_hour(1, "Hrs") == 1);
    CHECK(per_hour(100, "100 Hours") == 1);
    CHECK(per_hour(1, "1 Second") == 3600);
    CHECK(per_hour(730, "1/Month") == 1);
    CHECK_FALSE(per_hour(1, "Quantity"));
    CHECK_FALSE(per_hour(1, "1 GB/Month"));
    CHECK_FALSE(per_hour(1, "0 Hours"));
    CHECK_FALSE(per_hour(1, ""));
}
