@echo off
rem The same steps as the Makefile, for Windows: `.\make refresh` and `.\make test`.
setlocal
set BIN=.venv\Scripts
if not exist %BIN%\python.exe (
  py -3 -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed')" || exit /b 1
  py -3 -m venv .venv || exit /b 1
  %BIN%\python -m pip install --quiet --disable-pip-version-check --upgrade -c constraints.txt pip || exit /b 1
)
if not exist .venv\.ready (
  %BIN%\python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . || exit /b 1
  type nul > .venv\.ready
)
if "%1"=="refresh" (
  %BIN%\lmi refresh %2 %3 %4 %5
  exit /b
)
if "%1"=="test" (
  if not exist .venv\.ready-dev (
    %BIN%\python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev || exit /b 1
    type nul > .venv\.ready-dev
  )
  %BIN%\python -m pytest -n auto --dist loadfile --no-loadscope-reorder %2 %3 %4 %5
  exit /b
)
echo usage: make refresh ^| make test
exit /b 2
