# Warnings and hardening for our own code only.
# HR_WERROR is off in the release and fuzz presets: another compiler's new warning must not keep a
# user from building. make test and make lint have it on, with gcc and clang.
option(HR_WERROR "treat warnings as errors" ON)
add_library(hr_flags INTERFACE)
target_compile_definitions(hr_flags INTERFACE _GNU_SOURCE HR_VERSION="${PROJECT_VERSION}")
target_compile_options(hr_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Wundef
  $<$<BOOL:${HR_WERROR}>:-Werror>
  -fvisibility=hidden -fstack-protector-strong -fno-strict-aliasing)
if(HR_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(HR_TSAN)
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
  target_compile_options(hr_flags INTERFACE -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
if(HR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
