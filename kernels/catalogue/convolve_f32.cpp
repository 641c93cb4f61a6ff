// convolve_f32: the public call, and the row that server and bench run it by.
#include <cassert>

#include "kernels/bodies/scratch.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "row.hpp"
#include "workspace.hpp"

namespace lanewise::kernels {

void convolve_f32(std::size_t height, std::size_t width, std::span<const float> image,
                  std::span<const float, 25> weights, std::span<float> result) noexcept {
    assert(image.size() == height * width && result.size() == image.size());
    static_assert(convolve_scratch_bytes <= workspace::small_bytes);  // else it could throw
    workspace scratch(convolve_scratch_bytes);
    active_table().convolve_f32(height, width, image.data(), weights.data(), result.data(), 0,
                                height, static_cast<float*>(scratch.data()));
}

namespace {

constexpr std::array<parameter, 2> height_and_width{{
    {.name = "height",
     .summary = "rows of the image and of the result",
     .minimum = 1,
     .maximum = side_max},
    {.name = "width",
     .summary = "columns of the image and of the result",
     .minimum = 1,
     .maximum = side_max},
}};
constexpr std::array<dimension, 2> height_by_width{{{.parameter = 0}, {.parameter = 1}}};
constexpr std::array<dimension, 2> five_by_five{
    {{.parameter = -1, .constant = 5}, {.parameter = -1, .constant = 5}}};
constexpr std::array<array, 2> image_and_weights{
    {{"image", element_type::f32, height_by_width}, {"weights", element_type::f32, five_by_five}}};
constexpr std::array<array, 1> image_result{{{"result", element_type::f32, height_by_width}}};

}  // namespace

namespace rows {

constexpr kernel convolve_f32{
    .name = "convolve_f32",
    .summary = "5 by 5 filter with clamped borders, as in image filters",
    .parameters = height_and_width,
    .inputs = image_and_weights,
    .outputs = image_result,
    .operations_per_item = 50,
    .items = height_by_width,
    .scratch_bytes = [](std::span<const std::uint64_t>) { return convolve_scratch_bytes; },
    .rows = [](std::span<const std::uint64_t> parameters) -> std::size_t { return parameters[0]; },
    .run_rows =
        [](const table& functions, const arguments& call, std::size_t first, std::size_t last) {
            functions.convolve_f32(call.parameters[0], call.parameters[1], input<float>(call, 0),
                                   input<float>(call, 1), output<float>(call, 0), first, last,
                                   static_cast<float*>(call.scratch));
        },
};

}  // namespace rows
}  // namespace lanewise::kernels
