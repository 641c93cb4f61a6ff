#pragma once
#include "server/net/session.hpp"
