#pragma once
#include "server/http/request.hpp"
