# Installs libhdrnet for this user on Windows; options are those of install.sh, see --help.
#   powershell -ExecutionPolicy Bypass -File installers\install.ps1
# The variable PYTHON chooses the interpreter.
function Test-Python([string[]] $Words) {
    $Program = $Words[0]
    $Rest = @($Words | Select-Object -Skip 1)
    if (-not (Get-Command $Program -ErrorAction SilentlyContinue)) { return $false }
    & $Program @Rest '-c' 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>$null
    return $LASTEXITCODE -eq 0
}

$Candidates = @(@('py', '-3.13'), @('py', '-3.12'), @('py', '-3.11'), @('python'), @('python3'))
if ($env:PYTHON) { $Candidates = @(, @($env:PYTHON)) }
$Python = $null
foreach ($Candidate in $Candidates) {
    if (Test-Python $Candidate) {
        $Python = @($Candidate)
        break
    }
}
if (-not $Python) {
    [Console]::Error.WriteLine('install: Python 3.11 or newer is needed; get it from https://www.python.org or by: winget install Python.Python.3.13')
    exit 1
}
$First = $Python[0]
$Others = @($Python | Select-Object -Skip 1)
& $First @Others (Join-Path $PSScriptRoot 'install.py') @args
exit $LASTEXITCODE
