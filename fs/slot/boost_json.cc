// Boost.JSON is compiled here, once; everybody else sees its headers only.
#include <boost/json/src.hpp>
