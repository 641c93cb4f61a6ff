// A plan as a report, and as JSON for other programs.
#pragma once

#include <boost/json/object.hpp>

#include "bench/claims/claims_plan.hpp"
#include "report.hpp"

namespace lanewise::bench {

/// The plan's verdict, tables and charts, with the sources, the prices and the warnings of the
/// documents' own report.
[[nodiscard]] report plan_report(const plan& made, report of_documents);

/// lanewise.plan/1.
[[nodiscard]] boost::json::object plan_json(const plan& made, const report& of_documents);

}  // namespace lanewise::bench
